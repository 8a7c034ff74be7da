using System.Text;
using Google.Protobuf;

namespace Netplugin.Store.Etcd;

/// <summary>Keys as etcd has them: bytes, with a half-open range for a prefix.</summary>
internal static class EtcdKeys
{
    /// <summary>etcd's way to say "no upper end", and the smallest key (an empty one is refused).</summary>
    private static readonly ByteString Zero = ByteString.CopyFrom(0);

    public static ByteString Of(string key) => ByteString.CopyFromUtf8(key);

    public static string Text(ByteString key) => key.ToStringUtf8();

    /// <summary>First key and end (exclusive) of all keys that start with <paramref name="prefix"/>.</summary>
    public static (ByteString Key, ByteString End) Range(string prefix)
    {
        if (prefix.Length == 0)
        {
            return (Zero, Zero);
        }

        // UTF-8 never holds 0xff, so the last byte can always be raised.
        var end = Encoding.UTF8.GetBytes(prefix);
        end[^1]++;
        return (Of(prefix), UnsafeByteOperations.UnsafeWrap(end));
    }

    /// <summary>The smallest key after <paramref name="key"/>.</summary>
    public static ByteString After(ByteString key)
    {
        var next = new byte[key.Length + 1];
        key.CopyTo(next, 0);
        return UnsafeByteOperations.UnsafeWrap(next);
    }
}
