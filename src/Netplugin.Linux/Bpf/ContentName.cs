using System.Globalization;

namespace Netplugin.Linux.Bpf;

/// <summary>Names by content: what is equal has one name, and no build can forget to count a version up.</summary>
internal static class ContentName
{
    /// <summary>
    /// 16 hex digits over some bytes, by FNV-1a of 64 bits: an accident has to be told apart here, not an attack. A cryptographic hash would load OpenSSL, 4 MB of
    /// a daemon that may have no other use for it.
    /// </summary>
    internal static string Of(ReadOnlySpan<byte> content)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in content)
        {
            hash = (hash ^ one) * 1099511628211UL;
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
