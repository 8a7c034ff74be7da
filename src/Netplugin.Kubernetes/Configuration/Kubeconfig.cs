using YamlDotNet.Core;

namespace Netplugin.Kubernetes.Configuration;

/// <summary>
/// Reads a kubeconfig (Kubernetes documentation, "kubeconfig (v1)"). What would weaken or change who is talked to, and is not supported, is refused
/// rather than passed over; values are never part of a message.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly string _path;

    private Kubeconfig(string path) => _path = path;

    public static ClusterAccess Read(string path, string? context) => new Kubeconfig(path).Read(context);

    private ClusterAccess Read(string? context)
    {
        var root = Load();
        context ??= Text(root, "current-context") ?? throw Unusable("it has no current-context: name a context, or set one with `kubectl config use-context`");
        var chosen = Named(root, "contexts", context, "context");
        var clusterName = Text(chosen, "cluster") ?? throw Unusable($"the context \"{context}\" names no cluster");
        var cluster = Named(root, "clusters", clusterName, "cluster");
        var user = Text(chosen, "user") is { } userName ? Named(root, "users", userName, "user") : [];

        Refuse(cluster, "insecure-skip-tls-verify", "give the certificate-authority instead");
        Refuse(cluster, "proxy-url", "proxies are not supported");
        Refuse(user, "exec", "credential plugins are not supported: give a token, a tokenFile or a client certificate");
        Refuse(user, "auth-provider", "credential plugins are not supported: give a token, a tokenFile or a client certificate");
        Refuse(user, "username", "Kubernetes has no passwords since 1.19");
        Refuse(user, "as", "impersonation is not supported");
        return new ClusterAccess(_path, Server(cluster, clusterName))
        {
            ServerName = Text(cluster, "tls-server-name"),
            Authority = Pem(cluster, "certificate-authority"),
            Certificate = Pem(user, "client-certificate"),
            Key = Pem(user, "client-key"),
            Token = Token(user),
        };
    }

    private Dictionary<string, object?> Load()
    {
        try
        {
            return YamlTree.Read(File.ReadAllText(_path)) as Dictionary<string, object?> ?? throw Unusable("it is empty, or no mapping");
        }
        catch (YamlException e)
        {
            // The parser's own words may quote the file.
            throw Unusable($"it is neither YAML nor JSON (line {e.Start.Line}, column {e.Start.Column})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesException($"kubeconfig {_path}", KubernetesFailure.Configuration, $"it cannot be read: {e.Message}", e);
        }
    }

    private Uri Server(Dictionary<string, object?> cluster, string name)
    {
        if (!Uri.TryCreate(Text(cluster, "server"), UriKind.Absolute, out var server)
            || (server.Scheme != Uri.UriSchemeHttps && server.Scheme != Uri.UriSchemeHttp)
            || server.UserInfo.Length > 0 || server.Query.Length > 0)
        {
            throw Unusable($"the server of cluster \"{name}\" is no plain URL such as https://10.0.0.1:6443");
        }

        // What is sent in clear text can be read and changed on the way; kubectl proxy listens here.
        if (server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback)
        {
            throw Unusable($"the server of cluster \"{name}\" is reached without TLS: only a server on this host may be");
        }

        return server;
    }

    private PemSource? Pem(Dictionary<string, object?> section, string field)
    {
        if (Text(section, field + "-data") is { Length: > 0 } data)
        {
            return PemSource.OfData($"{field}-data in {_path}", data);
        }

        return Text(section, field) is { Length: > 0 } file ? PemSource.OfFile(Absolute(file)) : null;
    }

    // As kubectl does, a token goes before a token file.
    private BearerToken? Token(Dictionary<string, object?> user)
    {
        if (Text(user, "token") is { Length: > 0 } token)
        {
            return token.All(letter => letter is > ' ' and <= '~') ? BearerToken.Fixed(token) : throw Unusable("the token holds what no token may hold");
        }

        return Text(user, "tokenFile") is { Length: > 0 } file ? BearerToken.OfFile(Absolute(file)) : null;
    }

    private string Absolute(string file) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, file);

    private void Refuse(Dictionary<string, object?> section, string field, string why)
    {
        if (section.GetValueOrDefault(field) is not (null or "false" or ""))
        {
            throw Unusable($"it uses \"{field}\": {why}");
        }
    }

    // The lists' elements are {name: N, <kind>: {...}}.
    private Dictionary<string, object?> Named(Dictionary<string, object?> root, string list, string name, string kind)
    {
        foreach (var element in root.GetValueOrDefault(list) as List<object?> ?? [])
        {
            if (element is Dictionary<string, object?> map && Text(map, "name") == name)
            {
                return map.GetValueOrDefault(kind) as Dictionary<string, object?> ?? [];
            }
        }

        throw Unusable($"it has no {kind} \"{name}\"");
    }

    private string? Text(Dictionary<string, object?> section, string field) => section.GetValueOrDefault(field) switch
    {
        null => null,
        string text => text,
        _ => throw Unusable($"\"{field}\" is not a text"),
    };

    private KubernetesException Unusable(string why) => new($"kubeconfig {_path}", KubernetesFailure.Configuration, why + ".");
}
