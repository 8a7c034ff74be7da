using System.Collections.Immutable;
using System.Text.Json;

namespace Netplugin.NodeApi.Messages;

/// <summary>Requests and replies to and from the bytes of one frame.</summary>
public static class NodeCodec
{
    /// <summary>The version of the protocol this code speaks.</summary>
    public const int Version = NodeProtocol.Version;

    /// <summary>Writes a request.</summary>
    public static byte[] Encode(NodeRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, NodeJson.Default.NodeRequest);

    /// <summary>Writes a reply.</summary>
    public static byte[] Encode(NodeReply reply) => JsonSerializer.SerializeToUtf8Bytes(reply, NodeJson.Default.NodeReply);

    /// <summary>Reads a request. The version is judged before anything else, since another version may look otherwise.</summary>
    /// <exception cref="NodeApiException">Not a request, or of another version; its code is to be answered.</exception>
    public static NodeRequest DecodeRequest(ReadOnlySpan<byte> frame)
    {
        try
        {
            CheckVersion(frame);
            return Checked(JsonSerializer.Deserialize(frame, NodeJson.Default.NodeRequest));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new NodeApiException(NodeErrorCode.BadRequest, $"the request is not one this daemon knows: {e.Message}", e);
        }
    }

    /// <summary>Reads a reply.</summary>
    /// <exception cref="NodeApiException">Not a reply.</exception>
    public static NodeReply DecodeReply(ReadOnlySpan<byte> frame)
    {
        try
        {
            return JsonSerializer.Deserialize(frame, NodeJson.Default.NodeReply) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new NodeApiException(NodeErrorCode.BadRequest, $"the daemon's answer cannot be read: {e.Message}", e);
        }
    }

    private static void CheckVersion(ReadOnlySpan<byte> frame)
    {
        var reader = new Utf8JsonReader(frame);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("it is not a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = reader.ValueTextEquals("v"u8);
            reader.Read();
            if (!isVersion)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var version))
            {
                throw new JsonException("\"v\" is not a number");
            }

            if (version != Version)
            {
                throw new NodeApiException(
                    NodeErrorCode.Version,
                    $"the client speaks version {version} of the node API, this daemon version {Version}: install k8contivnet, netdcli and netplugin of one release");
            }

            return;
        }

        throw new JsonException("\"v\" is missing");
    }

    // The deserializer accepts null items in a list, and leaves a missing immutable array as its default, which throws when touched.
    private static NodeRequest Checked(NodeRequest? request)
    {
        switch (request)
        {
            case null:
                throw new JsonException("it is null");
            case NodeRequest.RunExec exec:
                CheckItems(exec.Arguments, "arguments");
                break;
            case NodeRequest.StoreGet get:
                CheckItems(get.Keys, "keys");
                break;
            case NodeRequest.StoreCommit commit:
                CheckItems(commit.Compares, "compares");
                CheckItems(commit.Writes, "writes");
                break;
        }

        return request;
    }

    private static void CheckItems<T>(ImmutableArray<T> items, string name)
        where T : class
    {
        if (items.IsDefault || items.Contains(null!))
        {
            throw new JsonException($"\"{name}\" is missing or has an item that is null");
        }
    }
}
