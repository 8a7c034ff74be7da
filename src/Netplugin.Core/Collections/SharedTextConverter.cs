using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netplugin.Core.Collections;

/// <summary>
/// Reads texts that many JSON objects repeat (names of tenants, networks, hosts, namespaces, labels) into one shared string: a node that holds 100,000
/// endpoints would else hold as many copies of the same few names. The table is direct-mapped, so it is bounded, a collision costs only sharing, and a
/// race between two readers at worst makes a second copy.
/// </summary>
public sealed class SharedTextConverter : JsonConverter<string>
{
    // One reference each: 32 KiB. Enough for the names of a few thousand networks before sharing gets worse.
    private const int Slots = 4096;

    private static readonly string?[] Table = new string?[Slots];

    /// <summary>The text or property name that the reader is at; null for null. What GetString does holds here too: escapes are resolved.</summary>
    /// <exception cref="InvalidOperationException">Another token than text; the serializer makes a <see cref="JsonException"/> of it.</exception>
    public static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || reader.ValueIsEscaped || reader.HasValueSequence)
        {
            return reader.GetString();
        }

        var utf8 = reader.ValueSpan;
        Span<char> chars = stackalloc char[64];
        if (utf8.Length > chars.Length || !Encoding.UTF8.TryGetChars(utf8, chars, out var length))
        {
            return reader.GetString();
        }

        return Share(chars[..length]);
    }

    /// <summary>The one string of a text, as far as the table remembers it.</summary>
    public static string Share(ReadOnlySpan<char> text)
    {
        ref var slot = ref Table[(uint)string.GetHashCode(text) % Slots];
        var shared = slot;
        if (shared is null || !text.SequenceEqual(shared))
        {
            slot = shared = new string(text);
        }

        return shared;
    }

    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value);
    }
}
