using System.Text.Json;

namespace K8contivnet;

/// <summary>The daemon's answer: what to print and exit with.</summary>
/// <param name="Exit">The exit code.</param>
/// <param name="Stdout">What goes to stdout; null when the daemon refused the request itself.</param>
/// <param name="Refusal">Why it refused; or, with an output, what to say on stderr.</param>
internal readonly record struct Reply(int Exit, string? Stdout, string Refusal)
{
    /// <summary>Reads an answer frame.</summary>
    /// <exception cref="IOException">Not an answer.</exception>
    public static Reply Parse(byte[] frame)
    {
        try
        {
            return Read(frame);
        }
        catch (JsonException e)
        {
            throw new IOException("the daemon's answer is not JSON", e);
        }
    }

    private static Reply Read(byte[] frame)
    {
        string? kind = null, stdout = null, stderr = null, message = null;
        int? exit = null;
        var reader = new Utf8JsonReader(frame);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name, reader.TokenType)
            {
                case ("kind", JsonTokenType.String):
                    kind = reader.GetString();
                    break;
                case ("stdout", JsonTokenType.String):
                    stdout = reader.GetString();
                    break;
                case ("stderr", JsonTokenType.String):
                    stderr = reader.GetString();
                    break;
                case ("message", JsonTokenType.String):
                    message = reader.GetString();
                    break;
                case ("exit", JsonTokenType.Number):
                    exit = reader.TryGetInt32(out var code) ? code : null;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return kind switch
        {
            "ran" when exit is not null && stdout is not null => new(exit.Value, stdout, stderr ?? ""),
            "error" => new(1, null, message ?? "the daemon refused the request"),
            _ => throw new IOException("the daemon's answer is not one this program knows: install programs of one release"),
        };
    }
}
