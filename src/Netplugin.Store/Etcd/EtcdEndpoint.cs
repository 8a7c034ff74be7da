using System.Collections.Immutable;

namespace Netplugin.Store.Etcd;

/// <summary>etcd's client URLs as operators write them.</summary>
public static class EtcdEndpoint
{
    // Registered with IANA as etcd-client.
    private const int DefaultPort = 2379;

    /// <summary>Reads a comma separated list.</summary>
    /// <param name="text">URLs with the scheme http, https or etcd, or plain <c>host[:port]</c>.</param>
    /// <param name="tls">What etcd:// and plain hosts mean: https or http.</param>
    /// <exception cref="FormatException">Says which entry is wrong, and how.</exception>
    public static ImmutableArray<Uri> ParseList(string text, bool tls)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return entries.Length == 0
            ? throw new FormatException("no etcd endpoint is given; one looks like http://127.0.0.1:2379")
            : [.. entries.Select(entry => Parse(entry, tls))];
    }

    private static Uri Parse(string text, bool tls)
    {
        var (scheme, rest) = text.IndexOf("://", StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 3)..]) : ("etcd", text);
        scheme = scheme switch
        {
            "etcd" => tls ? "https" : "http",
            "http" or "https" => scheme,
            _ => throw new FormatException($"\"{text}\": a store with the scheme {scheme} is not known; use http, https or etcd"),
        };
        if (!Uri.TryCreate($"{scheme}://{rest}", UriKind.Absolute, out var url) || url.Host.Length == 0
            || url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw new FormatException($"\"{text}\" is not an etcd endpoint; one looks like {scheme}://127.0.0.1:{DefaultPort}");
        }

        // The framework fills in the scheme's own port (80, 443) when none is written.
        var authority = rest.TrimEnd('/');
        var hasPort = authority.LastIndexOf(':') is var colon and >= 0 && !authority[colon..].Contains(']');
        return hasPort ? url : new UriBuilder(url) { Port = DefaultPort }.Uri;
    }
}
