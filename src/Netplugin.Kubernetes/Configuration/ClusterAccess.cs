namespace Netplugin.Kubernetes.Configuration;

/// <summary>How to reach an API server, and as whom. Printing it shows no credential.</summary>
public sealed class ClusterAccess
{
    // Where the kubelet puts a pod's service account (Kubernetes documentation, "Accessing the Kubernetes API from a Pod").
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    internal ClusterAccess(string origin, Uri server) => (Origin, Server) = (origin, server);

    /// <summary>The server's address, with the path before <c>/api</c> if there is one.</summary>
    public Uri Server { get; }

    /// <summary>Where all this was read, for messages.</summary>
    internal string Origin { get; }

    /// <summary>The name the server's certificate must bear; null = the host in <see cref="Server"/>.</summary>
    internal string? ServerName { get; init; }

    /// <summary>The authorities that sign the server's certificate; null = those the system trusts.</summary>
    internal PemSource? Authority { get; init; }

    /// <summary>The client's certificate; null = none.</summary>
    internal PemSource? Certificate { get; init; }

    /// <summary>The key of <see cref="Certificate"/>.</summary>
    internal PemSource? Key { get; init; }

    /// <summary>The bearer token; null = none.</summary>
    internal BearerToken? Token { get; init; }

    /// <summary>Reads a kubeconfig, YAML or JSON.</summary>
    /// <param name="path">The file; paths in it are relative to its folder.</param>
    /// <param name="context">The context; null = the file's current one.</param>
    /// <exception cref="KubernetesException">Configuration: the file cannot be used; the message says why and names no credential.</exception>
    public static ClusterAccess FromKubeconfig(string path, string? context = null) => Kubeconfig.Read(path, context);

    /// <summary>A pod's own service account; null when this process is in no pod of Kubernetes.</summary>
    /// <exception cref="KubernetesException">Configuration: it is in a pod, but has no service account.</exception>
    public static ClusterAccess? InCluster() => InCluster(Environment.GetEnvironmentVariable, ServiceAccountFolder);

    /// <inheritdoc cref="InCluster()"/>
    internal static ClusterAccess? InCluster(Func<string, string?> variable, string folder)
    {
        if (variable("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host || variable("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port)
        {
            return null;
        }

        var authority = Path.Combine(folder, "ca.crt");
        if (!File.Exists(authority))
        {
            throw new KubernetesException(
                "configuration",
                KubernetesFailure.Configuration,
                $"there is no {authority}: let the pod have its service account (automountServiceAccountToken), or give -kubeconfig.");
        }

        var server = $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}";
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri))
        {
            throw new KubernetesException(
                "configuration", KubernetesFailure.Configuration, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no host and port.");
        }

        return new ClusterAccess("the pod's service account", uri)
        {
            Authority = PemSource.OfFile(authority),
            Token = BearerToken.OfFile(Path.Combine(folder, "token")),
        };
    }

    /// <summary>The server's address.</summary>
    public override string ToString() => Server.ToString();
}
