using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Netdcli.Output;

/// <summary>Writes a value as JSON or YAML.</summary>
internal static class DocumentWriter
{
    // The default encoder is made for HTML and writes "host's" as "host\u0027s". What it leaves that could
    // steer a terminal stands inside quotes, where \uXXXX is an escape in JSON and in YAML.
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The value as JSON, two spaces deep, without a line end after it.</summary>
    public static string Json<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        return Printable.CleanLines(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>Writes <paramref name="value"/> with a line end after it.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is not JSON or YAML.</exception>
    public static void Write<T>(TextWriter output, OutputFormat format, T value, JsonTypeInfo<T> type)
    {
        switch (format)
        {
            case OutputFormat.Json:
                output.Write(Json(value, type));
                output.Write('\n');
                break;
            case OutputFormat.Yaml:
                using (var text = new StringWriter { NewLine = "\n" })
                {
                    YamlWriter.Write(text, JsonSerializer.SerializeToElement(value, type));
                    output.Write(Printable.CleanLines(text.ToString()));
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, "only JSON and YAML are documents");
        }
    }
}
