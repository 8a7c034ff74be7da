using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netplugin.Store.Json;

/// <summary>
/// Reads texts that most records repeat (tenant, network, host, interface names) into one shared string: a node that holds
/// 100,000 endpoints would else hold as many copies of the same few names. The table is direct-mapped, so it is bounded, a
/// collision costs only sharing, and a race between two readers at worst makes a second copy.
/// </summary>
internal sealed class SharedTextConverter : JsonConverter<string>
{
    // One reference each: 32 KiB. Enough for the names of a few thousand networks before sharing gets worse.
    private const int Slots = 4096;

    private static readonly string?[] Table = new string?[Slots];

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // What GetString does must hold here too: escapes are resolved, and another token than text is refused.
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.HasValueSequence)
        {
            return reader.GetString();
        }

        var utf8 = reader.ValueSpan;
        Span<char> chars = stackalloc char[64];
        if (utf8.Length > chars.Length || !Encoding.UTF8.TryGetChars(utf8, chars, out var length))
        {
            return reader.GetString();
        }

        ReadOnlySpan<char> text = chars[..length];
        ref var slot = ref Table[(uint)string.GetHashCode(text) % Slots];
        var shared = slot;
        if (shared is null || !text.SequenceEqual(shared))
        {
            slot = shared = new string(text);
        }

        return shared;
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
