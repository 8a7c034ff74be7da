using System.Text;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>What a part of a post's tail does to a key.</summary>
internal static class TailOperations
{
    /// <summary>The key's new value; null = removed.</summary>
    /// <remarks>
    /// An endpoint's binding belongs to the nodes, which may have written one since the post was planned: it is kept as it is now.
    /// </remarks>
    public static byte[]? Apply(TailOperation operation, StoreEntry? current)
    {
        if (operation.Value is null)
        {
            return null;
        }

        var value = Encoding.UTF8.GetBytes(operation.Value);
        if (current is null || !IsEndpoint(operation))
        {
            return value;
        }

        var planned = RecordCodec.DecodeEndpoint(new(operation.Key, value, 0, 0));
        return RecordCodec.Encode(planned with { Binding = RecordCodec.DecodeEndpoint(current).Binding });
    }

    /// <summary>True when what becomes of the key, or what is said of it, depends on what it holds.</summary>
    public static bool IsEndpoint(TailOperation operation) =>
        operation.Key.StartsWith(StoreKeys.Endpoints, StringComparison.Ordinal);
}
