using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Netdcli.Dump;

/// <summary>
/// Takes secrets out of what goes into a support bundle. By name in JSON (a member called <c>password</c>, <c>clientKey</c>, ...)
/// and by form in any text (PEM blocks, credentials in URLs, bearer tokens, <c>password=...</c>), so that a secret that strayed into
/// a message or a name nobody thought of is caught too. It rather takes too much than too little.
/// </summary>
internal static partial class Redaction
{
    /// <summary>What stands for what was taken out.</summary>
    public const string Mark = "[redacted]";

    /// <summary>Takes secrets out of text of any form.</summary>
    public static string Text(string text)
    {
        text = Pem().Replace(text, Mark);
        text = UrlCredentials().Replace(text, $"$1{Mark}@");
        text = Bearer().Replace(text, $"$1 {Mark}");
        return Assignment().Replace(text, $"$1$2{Mark}");
    }

    /// <summary>Takes secrets out of JSON, which is written again with indentation; what is not JSON is treated as text.</summary>
    public static byte[] Json(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            using var output = new MemoryStream();
            using (var writer = new Utf8JsonWriter(output, new() { Indented = true, NewLine = "\n" }))
            {
                Write(writer, document.RootElement);
            }

            output.WriteByte((byte)'\n');
            return output.ToArray();
        }
        catch (JsonException)
        {
            // Damaged values are just what a bundle is looked at for.
            return Encoding.UTF8.GetBytes(Text(Encoding.UTF8.GetString(utf8.Span)));
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(Text(member.Name));
                    if (SecretName().IsMatch(member.Name) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False))
                    {
                        writer.WriteStringValue(Mark);
                    }
                    else
                    {
                        Write(writer, member.Value);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Text(value.GetString()!));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    // "key" alone or at the end of a word (clientKey, private_key, apiKey), but not in the middle (keyspace).
    [GeneratedRegex("pass(word|wd|phrase)|secret|token|credential|cert(ificate)?|authorization|(^|[a-z_.-])key(s|data|pem|file)?$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    // RFC 7468; an unfinished block is taken to the end of the text.
    [GeneratedRegex("-----BEGIN [A-Z0-9 ]+-----.*?(-----END [A-Z0-9 ]+-----|$)", RegexOptions.Singleline)]
    private static partial Regex Pem();

    [GeneratedRegex(@"([a-z][a-z0-9+.-]*://)[^\s/@""']+@", RegexOptions.IgnoreCase)]
    private static partial Regex UrlCredentials();

    [GeneratedRegex(@"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();

    [GeneratedRegex(@"\b([a-z_-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key))(\s*[=:]\s*)(?!\[redacted\])[^\s,;""'}]+", RegexOptions.IgnoreCase)]
    private static partial Regex Assignment();
}
