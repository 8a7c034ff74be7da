using Netplugin.NodeApi.Client;

namespace Netdcli.Access;

/// <summary>Where the cluster's state is to be had, as flags and environment say it.</summary>
/// <param name="EtcdUrls">etcd servers, comma separated; empty = the store of this host's own daemon.</param>
/// <param name="CaFile">CA that the servers' certificate must come from; empty = the system's.</param>
/// <param name="CertificateFile">Client certificate; empty = none.</param>
/// <param name="KeyFile">Its private key; empty = it is in the certificate's file.</param>
/// <param name="Socket">The daemon's socket.</param>
internal sealed record StoreChoice(string EtcdUrls, string CaFile, string CertificateFile, string KeyFile, string Socket)
{
    /// <summary>Environment variable with the etcd servers.</summary>
    public const string EndpointsVariable = "NETPLUGIN_ETCD_ENDPOINTS";

    /// <summary>Environment variable with the CA's file.</summary>
    public const string CaVariable = "NETPLUGIN_ETCD_CA";

    /// <summary>Environment variable with the client certificate's file.</summary>
    public const string CertificateVariable = "NETPLUGIN_ETCD_CERT";

    /// <summary>Environment variable with the private key's file.</summary>
    public const string KeyVariable = "NETPLUGIN_ETCD_KEY";

    /// <summary>Environment variable with the daemon's socket.</summary>
    public const string SocketVariable = "NETPLUGIN_SOCKET";

    /// <summary>What to do when there is no local daemon.</summary>
    public const string EtcdHint = $"where etcd keeps the state, give -etcd-url or set {EndpointsVariable}";

    /// <summary>True when the local daemon's store is meant.</summary>
    public bool IsLocalDaemon => EtcdUrls.Length == 0;

    /// <summary>For messages: the servers without credentials, or the socket.</summary>
    public string Description => IsLocalDaemon
        ? $"the store of this host's netplugin ({Socket})"
        : $"etcd {string.Join(',', EtcdUrls.Split(',').Select(WithoutCredentials))}";

    /// <summary>What flags say, else the environment, else the local daemon.</summary>
    /// <param name="variable">Reads the environment.</param>
    /// <param name="urls">The flag's value; empty when not given. The same for the others.</param>
    /// <param name="ca">CA file.</param>
    /// <param name="certificate">Certificate file.</param>
    /// <param name="key">Key file.</param>
    /// <param name="socket">Socket path.</param>
    /// <exception cref="CliException">A key without a certificate.</exception>
    public static StoreChoice Resolve(
        Func<string, string?> variable, string urls = "", string ca = "", string certificate = "", string key = "", string socket = "")
    {
        var choice = new StoreChoice(
            Or(urls, EndpointsVariable), Or(ca, CaVariable), Or(certificate, CertificateVariable), Or(key, KeyVariable),
            Or(socket, SocketVariable) is { Length: > 0 } path ? path : NodeClient.DefaultSocketPath);
        return choice.KeyFile.Length > 0 && choice.CertificateFile.Length == 0
            ? throw new CliException($"-etcd-key {choice.KeyFile} is given without its certificate: give -etcd-cert too", ExitCode.Usage)
            : choice;

        string Or(string flag, string name) => flag.Length > 0 ? flag : variable(name) ?? "";
    }

    private static string WithoutCredentials(string url)
    {
        var at = url.LastIndexOf('@');
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        return at < 0 ? url : scheme < 0 ? url[(at + 1)..] : url[..(scheme + 3)] + url[(at + 1)..];
    }
}
