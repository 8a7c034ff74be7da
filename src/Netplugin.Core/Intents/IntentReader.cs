using System.Globalization;
using System.Text.Json;

namespace Netplugin.Core.Intents;

/// <summary>
/// Reads intent files. Every error carries its place; all of them are reported at once. No sequence of bytes makes it throw.
/// docs/intent.md describes the file.
/// </summary>
public static partial class IntentReader
{
    /// <summary>Largest file read, in bytes (16 MiB: some 100,000 endpoints). Callers need not read further than one byte more.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Reads an intent.</summary>
    /// <param name="utf8">The file: JSON in UTF-8, with or without a byte order mark.</param>
    public static IntentReadResult<Intent> Read(ReadOnlySpan<byte> utf8) => Read(utf8, ReadIntent);

    /// <summary>Reads a host-bindings file: an array of bindings, or an object whose <c>HostBindings</c> is that array.</summary>
    /// <param name="utf8">The file: JSON in UTF-8, with or without a byte order mark.</param>
    public static IntentReadResult<HostBindings> ReadBindings(ReadOnlySpan<byte> utf8) => Read(utf8, ReadBindings);

    private delegate T? Grammar<T>(ref JsonCursor cursor);

    private static IntentReadResult<T> Read<T>(ReadOnlySpan<byte> utf8, Grammar<T> grammar)
        where T : class
    {
        var errors = new ProblemList();
        var warnings = new ProblemList();
        T? value = null;
        if (utf8.StartsWith("\ufeff"u8))
        {
            utf8 = utf8[3..];
        }

        if (utf8.Length > MaxBytes)
        {
            errors.Add(TextPosition.Start, string.Create(CultureInfo.InvariantCulture, $"the file is larger than the {MaxBytes} bytes that are read"));
        }
        else if (utf8.Length >= 2 && utf8[0] is 0xff or 0xfe && utf8[1] is 0xff or 0xfe)
        {
            errors.Add(TextPosition.Start, "the file is UTF-16; save it as UTF-8");
        }
        else
        {
            try
            {
                var cursor = new JsonCursor(utf8, errors, warnings);
                cursor.Read();
                value = grammar(ref cursor);

                // Only a second value after the first can be found here, which the reader refuses by itself.
                cursor.Read();
            }
            catch (JsonException exception)
            {
                var (offset, message) = SyntaxFault.Find(utf8, JsonCursor.MaxDepth)
                    ?? (0, $"this is not JSON: {exception.Message}");
                errors.Add(new TextCounter(utf8).At(offset), message);
            }
        }

        return new(value, errors.ToImmutable(), warnings.ToImmutable());
    }
}
