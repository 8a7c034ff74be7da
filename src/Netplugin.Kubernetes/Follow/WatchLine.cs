using System.Text.Json;

namespace Netplugin.Kubernetes.Follow;

/// <summary>One line of a watch: <c>{"type":"ADDED","object":{...}}</c>, in either order.</summary>
internal readonly ref struct WatchLine
{
    private WatchLine(WatchLineType type, ReadOnlySpan<byte> json)
    {
        Type = type;
        Json = json;
    }

    public WatchLineType Type { get; }

    /// <summary>The object's own JSON.</summary>
    public ReadOnlySpan<byte> Json { get; }

    /// <exception cref="JsonException">It is none.</exception>
    public static WatchLine Read(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        WatchLineType? type = null;
        ReadOnlySpan<byte> json = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a watch's line is no object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                type = TypeOf(ref reader);
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isObject)
            {
                json = line[start..(int)reader.BytesConsumed];
            }
        }

        return type is { } known && !json.IsEmpty ? new(known, json) : throw new JsonException("a watch's line without type or object");
    }

    private static WatchLineType TypeOf(ref Utf8JsonReader reader) => reader.TokenType != JsonTokenType.String
        ? throw new JsonException("a watch's type is no text")
        : reader.ValueTextEquals("ADDED"u8) || reader.ValueTextEquals("MODIFIED"u8) ? WatchLineType.Set
        : reader.ValueTextEquals("DELETED"u8) ? WatchLineType.Removed
        : reader.ValueTextEquals("BOOKMARK"u8) ? WatchLineType.Bookmark
        : reader.ValueTextEquals("ERROR"u8) ? WatchLineType.Error
        : throw new JsonException("a watch's type is unknown");
}

/// <summary>What a line of a watch says.</summary>
internal enum WatchLineType
{
    /// <summary>The object is there, or is changed.</summary>
    Set,

    /// <summary>The object is gone, or no longer selected.</summary>
    Removed,

    /// <summary>Only that the watch has come to a version.</summary>
    Bookmark,

    /// <summary>The watch cannot go on.</summary>
    Error,
}
