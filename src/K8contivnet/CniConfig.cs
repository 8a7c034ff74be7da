using System.Text.Json;
using System.Text.Unicode;
using Netplugin.NodeApi.Cni;

namespace K8contivnet;

/// <summary>What this program itself needs of a network configuration; the daemon judges the rest.</summary>
/// <param name="Version"><c>cniVersion</c>; empty when it has none.</param>
/// <param name="Socket">Our <c>socket</c> key; empty when it has none.</param>
internal readonly record struct CniConfig(string Version, string Socket)
{
    /// <summary>The version to answer in: the configuration's where it is served, else the newest.</summary>
    public string AnswerVersion => CniRules.IsVersion(Version) ? Version : CniRules.Versions[^1];

    /// <summary>Scans a configuration, all of it, so that what is not JSON is found without a daemon.</summary>
    /// <exception cref="CniFailure">Not a JSON object (code 6), or a key of ours that is not text (code 7).</exception>
    public static CniConfig Scan(ReadOnlySpan<byte> stdin)
    {
        if (!Utf8.IsValid(stdin))
        {
            throw new CniFailure(CniErrorCode.Decode, "the network configuration is not UTF-8");
        }

        try
        {
            return ScanJson(stdin);
        }
        catch (JsonException e)
        {
            throw new CniFailure(
                CniErrorCode.Decode,
                stdin.IsEmpty
                    ? "there is no network configuration on stdin"
                    : "the network configuration is not JSON: line " + (ulong)(e.LineNumber + 1 ?? 0) + ", byte " + (ulong)(e.BytePositionInLine + 1 ?? 0));
        }
    }

    private static CniConfig ScanJson(ReadOnlySpan<byte> stdin)
    {
        string version = "", socket = "";
        var reader = new Utf8JsonReader(stdin);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CniFailure(CniErrorCode.Decode, "the network configuration is not a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cniVersion"u8))
            {
                version = Text(ref reader, "cniVersion");
            }
            else if (reader.ValueTextEquals("socket"u8))
            {
                socket = Text(ref reader, "socket");
            }
            else
            {
                reader.Skip();
            }
        }

        // One more read finds what follows the object.
        _ = reader.Read();
        return new(version, socket);
    }

    private static string Text(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : throw new CniFailure(CniErrorCode.InvalidConfiguration, "\"" + name + "\" in the network configuration is not text");
    }
}
