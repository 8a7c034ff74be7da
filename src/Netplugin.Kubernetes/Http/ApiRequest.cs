using System.Text;

namespace Netplugin.Kubernetes.Http;

/// <summary>One request, with what RBAC calls it.</summary>
/// <param name="Verb">The right it needs: <c>get</c>, <c>list</c>, <c>watch</c>, <c>patch</c>, <c>create</c>.</param>
/// <param name="Resource">The resource the right is on, e.g. <c>endpointslices.discovery.k8s.io</c>; null for what everybody may ask.</param>
/// <param name="Path">The path behind the server's address.</param>
/// <param name="Query">Names and values of the query; values of null are left out.</param>
/// <param name="Body">What is sent; null for nothing.</param>
internal sealed record ApiRequest(string Verb, string? Resource, string Path, (string Name, string? Value)[] Query, byte[]? Body = null)
{
    public HttpMethod Method => Verb switch
    {
        "patch" => HttpMethod.Patch,
        "create" => HttpMethod.Post,
        _ => HttpMethod.Get,
    };

    /// <summary>Method and path, for messages.</summary>
    public string Operation => $"{Method} {Path}";

    public Uri UriAt(Uri server)
    {
        var text = new StringBuilder(server.AbsoluteUri.TrimEnd('/')).Append(Path);
        var separator = '?';
        foreach (var (name, value) in Query)
        {
            if (value is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }
        }

        return new(text.ToString());
    }
}
