using System.Collections.Immutable;
using System.Net;
using Netplugin.Agent.Node;
using Netplugin.Core.Addresses;
using Netplugin.Core.Flags;
using Netplugin.Core.Services;
using Netplugin.Store;

namespace Netplugin.Agent.Configuration;

/// <summary>What a command line comes to: options to run with, or something to print and an exit code.</summary>
/// <param name="Options">The options; null when there is nothing to run.</param>
/// <param name="ExitCode">0, 1 for bad settings, 2 for bad flags.</param>
/// <param name="Output">For stdout.</param>
/// <param name="Errors">For stderr, a line each.</param>
internal sealed record OptionsResult(AgentOptions? Options, int ExitCode, string Output, ImmutableArray<string> Errors);

/// <summary>Reads flags, environment and configuration file. Flags win over the environment, that over the file. Every error is reported, not only the first.</summary>
internal sealed partial class OptionsReader
{
    private const int BadSettings = 1;
    private const int BadFlags = 2;
    private readonly GoFlagSet _flags = new("netplugin");
    private readonly GoFlag<string> _hostLabel;
    private readonly GoFlag<string> _config;
    private readonly GoFlag<string> _etcdUrl;
    private readonly GoFlag<string> _storeUrl;
    private readonly GoFlag<string> _ca;
    private readonly GoFlag<string> _certificate;
    private readonly GoFlag<string> _key;
    private readonly GoFlag<string> _vtep;
    private readonly GoFlag<string> _podCidr;
    private readonly GoFlag<string> _podPool;
    private readonly GoFlag<string> _podBlockLength;
    private readonly GoFlag<bool> _noMasquerade;
    private readonly GoFlag<string> _sharedServices;
    private readonly GoFlag<string> _kubeconfig;
    private readonly GoFlag<string> _runDirectory;
    private readonly GoFlag<string> _stateDirectory;
    private readonly GoFlag<string> _bpfDirectory;
    private readonly GoFlag<bool> _noBpfMount;
    private readonly GoFlag<string> _runtime;
    private readonly GoFlag<string> _metrics;
    private readonly GoFlag<string> _cniBin;
    private readonly GoFlag<string> _cniConf;
    private readonly GoFlag<bool> _debug;
    private readonly GoFlag<bool> _jsonLog;
    private readonly GoFlag<bool> _native;
    private readonly GoFlag<bool> _cleanup;
    private readonly GoFlag<string> _probe;
    private readonly GoFlag<string> _makeCertificates;
    private readonly GoFlag<string> _etcdNames;
    private readonly GoFlag<string> _etcdSecret;
    private readonly GoFlag<bool> _version;

    /// <summary>Defines the flags.</summary>
    /// <param name="hostName">The node's own name, the default host label.</param>
    public OptionsReader(string hostName)
    {
        _hostLabel = _flags.Text("host-label", hostName, "name by which endpoints are homed on this node", "name");
        _config = _flags.Text("config", "", "JSON configuration file; - reads standard input", "file");
        _etcdUrl = _flags.Text("etcd-url", "", "etcd's client URLs, comma separated; none: the embedded store, for a single host", "urls");
        _storeUrl = _flags.Text("store-url", "", "the same as -etcd-url", "urls");
        _ca = _flags.Text("etcd-ca", "", "PEM file of the authorities that sign etcd's certificates", "file");
        _certificate = _flags.Text("etcd-cert", "", "PEM file of the client certificate shown to etcd", "file");
        _key = _flags.Text("etcd-key", "", "PEM file of the client certificate's key", "file");
        _vtep = _flags.Text("vtep-ip", "", "this node's tunnel address; none: the address that leads to etcd, else the default route's", "address");
        _podCidr = _flags.Text("pod-cidr", "", "this node's blocks of addresses for pods that no intent names, one or one of each family, comma separated; none: there is no network for them", "cidrs");
        _podPool = _flags.Text("pod-pool", "", "lease this node's blocks from these pools, one or one of each family, comma separated and the same on every node, instead of -pod-cidr or Kubernetes' pod CIDRs", "cidrs");
        _podBlockLength = _flags.Text("pod-block-length", "", "prefix length of a block of each pool, comma separated; none: 24, of IPv6 64 (120 where the pool is smaller than that)", "lengths");
        _kubeconfig = _flags.Text("kubeconfig", "", "how to reach Kubernetes, which then says what Services there are and this node's pod CIDRs, and shows what its pods have; none: as a pod of it, if this is one", "file");
        _noMasquerade = _flags.Boolean("no-masquerade", "let those pods leave the cluster by their own addresses, which others must route back");
        _sharedServices = _flags.Text("shared-services", "default/kubernetes,kube-system/kube-dns", "Services of Kubernetes that pods of every tenant may use, comma separated; empty: none", "namespace/name");
        _runDirectory = _flags.Text("run-dir", "/run/netplugin", "folder of the socket and the journal", "folder");
        _stateDirectory = _flags.Text("state-dir", "/var/lib/netplugin", "folder of what outlives a reboot", "folder");
        _bpfDirectory = _flags.Text("bpf-dir", "/sys/fs/bpf/netplugin", "folder where eBPF maps and programs are pinned", "folder");
        _noBpfMount = _flags.Boolean("no-bpf-mount", "do not mount a BPF file system where there is none: in a container it would end with the container");
        _runtime = _flags.Text("cri-endpoint", "unix:///run/containerd/containerd.sock", "the container runtime's CRI endpoint; \"none\" for none", "url");
        _metrics = _flags.Text("metrics-addr", "127.0.0.1:9409", "address and port of /metrics; empty: not served", "address");
        _cniBin = _flags.Text("install-cni-bin", "", "install k8contivnet into this folder, where the container runtime has its CNI plugins", "folder");
        _cniConf = _flags.Text("install-cni-conf", "", "install the network configuration into this folder once pods can be attached", "folder");
        _debug = _flags.Boolean("debug", "log more");
        _jsonLog = _flags.Boolean("json-log", "log JSON lines");
        _native = _flags.Boolean("native-integration", "accepted for old scripts; has no effect");
        _cleanup = _flags.Boolean("cleanup", "remove links, eBPF objects, firewall rules and installed CNI files of netplugin from this node, and end");
        _probe = _flags.Choice("probe", "", "ask the daemon of this node whether it answers (live) or pods can be attached (ready), and end with 0 or 1", NodeProbe.Live, NodeProbe.Ready);
        _makeCertificates = _flags.Text("make-etcd-certificates", "", "make the certificates of an etcd of netplugin's own in this folder, and end", "folder");
        _etcdNames = _flags.Text("etcd-names", "", "addresses and names in that etcd's certificate, comma separated", "names");
        _etcdSecret = _flags.Text("etcd-secret", "", "put the client's certificate into this Secret of Kubernetes, which exists", "namespace/name");
        _version = _flags.Boolean("version", "print the version and end");
    }

    /// <summary>Reads everything.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="readConfig">Reads the configuration file, or standard input for <c>-</c>.</param>
    /// <param name="version">The program's version.</param>
    public OptionsResult Read(IReadOnlyList<string> arguments, Func<string, string?> environment, Func<string, string> readConfig, string version)
    {
        var parsed = _flags.Parse(arguments);
        if (parsed.HelpRequested)
        {
            return new(null, 0, _flags.Usage(), []);
        }

        if (parsed.Error is { } error)
        {
            return new(null, BadFlags, "", [error, _flags.Usage()]);
        }

        if (parsed.Get(_version))
        {
            return new(null, 0, $"netplugin {version}\n", []);
        }

        var errors = ImmutableArray.CreateBuilder<string>();
        if (!parsed.Positionals.IsEmpty)
        {
            errors.Add($"netplugin takes no arguments, got \"{parsed.Positionals[0]}\"");
        }

        var file = ReadFile(parsed.Get(_config), readConfig, errors);
        var options = Combine(parsed, environment, file, errors);
        return errors.Count > 0
            ? new(null, BadSettings, "", [.. errors.Select(e => $"netplugin: {e}")])
            : new(options, 0, "", []);
    }

    private static ConfigFile ReadFile(string path, Func<string, string> readConfig, ImmutableArray<string>.Builder errors)
    {
        if (path.Length == 0)
        {
            return ConfigFile.None;
        }

        try
        {
            var text = readConfig(path);
            if (!string.IsNullOrWhiteSpace(text))
            {
                return ConfigFile.Parse(text);
            }

            errors.Add($"-config {path}: the file is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            errors.Add($"-config {path}: {e.Message}");
        }

        return ConfigFile.None;
    }

    private AgentOptions Combine(GoFlagResult parsed, Func<string, string?> environment, ConfigFile file, ImmutableArray<string>.Builder errors)
    {
        string Setting(GoFlag<string> flag, string variable, string fromFile) =>
            parsed.IsSet(flag) ? parsed.Get(flag)
            : environment(variable) is { Length: > 0 } set ? set
            : fromFile.Length > 0 ? fromFile : parsed.Get(flag);

        var label = parsed.IsSet(_hostLabel) || file.HostLabel.Length == 0 ? parsed.Get(_hostLabel) : file.HostLabel;
        if (label.Length == 0 || label.Length > 253 || !label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            errors.Add($"-host-label \"{label}\": a host label has 1 to 253 letters, digits, '-', '.' and '_'");
        }

        if (parsed.IsSet(_etcdUrl) && parsed.IsSet(_storeUrl) && parsed.Get(_etcdUrl) != parsed.Get(_storeUrl))
        {
            errors.Add("-etcd-url and -store-url name different stores: give one of them");
        }

        var urls = Setting(parsed.IsSet(_storeUrl) ? _storeUrl : _etcdUrl, "NETPLUGIN_ETCD_ENDPOINTS", string.Join(',', file.Machines));
        if (urls.Length == 0)
        {
            // What Kubernetes tells a pod of the Service netplugin-etcd in its namespace: tcp://ADDRESS:PORT.
            urls = (environment("NETPLUGIN_ETCD_PORT") ?? "").Replace("tcp://", "", StringComparison.Ordinal);
        }

        var certificate = Setting(_certificate, "NETPLUGIN_ETCD_CERT", file.Certificate);
        var key = Setting(_key, "NETPLUGIN_ETCD_KEY", file.Key);
        var ca = Setting(_ca, "NETPLUGIN_ETCD_CA", file.Ca);
        CheckFile("-etcd-ca", ca, errors);
        CheckFile("-etcd-cert", certificate, errors);
        CheckFile("-etcd-key", key, errors);
        CheckFile("-kubeconfig", parsed.Get(_kubeconfig), errors);
        var state = ReadFolder(_stateDirectory, parsed, errors);
        var store = new StoreOptions
        {
            EtcdEndpoints = OrNull(urls),
            CaFile = OrNull(ca),
            CertificateFile = OrNull(certificate),
            KeyFile = OrNull(key),
            EmbeddedPath = Path.Combine(state, "store.db"),
        };
        CheckStore(store, errors);
        return new AgentOptions(
            label, store, ReadAddress(parsed.Get(_vtep), errors), ReadBlocks(parsed.Get(_podCidr), errors), ReadPools(parsed, errors), !parsed.Get(_noMasquerade), ReadSharedServices(parsed, errors), parsed.Get(_kubeconfig),
            ReadFolder(_runDirectory, parsed, errors), state, ReadFolder(_bpfDirectory, parsed, errors), !parsed.Get(_noBpfMount),
            ReadRuntime(parsed.Get(_runtime), errors), ReadMetrics(parsed.Get(_metrics), errors),
            ReadOptionalFolder(_cniBin, parsed, errors), ReadOptionalFolder(_cniConf, parsed, errors),
            parsed.Get(_debug), parsed.Get(_jsonLog), parsed.Get(_cleanup), parsed.Get(_probe), ReadCertificates(parsed, errors));
    }

    private ImmutableHashSet<NamespacedName> ReadSharedServices(GoFlagResult parsed, ImmutableArray<string>.Builder errors)
    {
        var services = ImmutableHashSet.CreateBuilder<NamespacedName>();
        foreach (var text in parsed.Get(_sharedServices).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (text.Split('/') is [{ Length: > 0 } kubernetesNamespace, { Length: > 0 } name])
            {
                services.Add(new(kubernetesNamespace, name));
            }
            else
            {
                errors.Add($"-shared-services: \"{text}\" is not NAMESPACE/NAME");
            }
        }

        return services.ToImmutable();
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static void CheckStore(StoreOptions store, ImmutableArray<string>.Builder errors)
    {
        try
        {
            if (store.IsEtcd)
            {
                store.ToEtcd();
            }
            else if (store.CaFile is not null || store.CertificateFile is not null || store.KeyFile is not null)
            {
                errors.Add("etcd's TLS files are given without -etcd-url");
            }
        }
        catch (FormatException e)
        {
            errors.Add(e.Message);
        }
    }

    private static void CheckFile(string flag, string path, ImmutableArray<string>.Builder errors)
    {
        if (path.Length > 0 && !File.Exists(path))
        {
            errors.Add($"{flag} {path}: there is no such file");
        }
    }

    private static IpAddr ReadAddress(string text, ImmutableArray<string>.Builder errors)
    {
        if (text.Length == 0 || IpAddr.TryParse(text, out var address))
        {
            return text.Length == 0 ? IpAddr.Unspecified : IpAddr.Parse(text);
        }

        errors.Add($"-vtep-ip \"{text}\" is not an IP address");
        return IpAddr.Unspecified;
    }

    private static string ReadFolder(GoFlag<string> flag, GoFlagResult parsed, ImmutableArray<string>.Builder errors)
    {
        var folder = parsed.Get(flag);
        if (!Path.IsPathRooted(folder))
        {
            errors.Add($"-{flag.Name} \"{folder}\" is not an absolute path");
        }

        return folder;
    }

    private static string ReadOptionalFolder(GoFlag<string> flag, GoFlagResult parsed, ImmutableArray<string>.Builder errors) =>
        parsed.Get(flag).Length == 0 ? "" : ReadFolder(flag, parsed, errors);

    private EtcdCertificateOptions? ReadCertificates(GoFlagResult parsed, ImmutableArray<string>.Builder errors)
    {
        if (!parsed.IsSet(_makeCertificates))
        {
            return null;
        }

        ImmutableArray<string> names = [.. parsed.Get(_etcdNames).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (names.FirstOrDefault(name => !IPAddress.TryParse(name, out _) && Uri.CheckHostName(name) != UriHostNameType.Dns) is { } wrong)
        {
            errors.Add($"-etcd-names: \"{wrong}\" is neither an address nor a host's name");
        }
        else if (names.IsEmpty)
        {
            errors.Add("-make-etcd-certificates: say by -etcd-names how that etcd is reached");
        }

        var secret = parsed.Get(_etcdSecret).Split('/');
        if (parsed.IsSet(_etcdSecret) && secret is not [{ Length: > 0 }, { Length: > 0 }])
        {
            errors.Add($"-etcd-secret \"{parsed.Get(_etcdSecret)}\" is not NAMESPACE/NAME");
        }

        return new(
            ReadFolder(_makeCertificates, parsed, errors), names,
            secret is [var secretNamespace, var secretName] ? new NamespacedName(secretNamespace, secretName) : null);
    }

    private static string ReadRuntime(string text, ImmutableArray<string>.Builder errors)
    {
        if (text is "none" or "")
        {
            return "";
        }

        if (!text.StartsWith("unix://", StringComparison.Ordinal) && !text.StartsWith('/'))
        {
            errors.Add($"-cri-endpoint \"{text}\" is not unix:///PATH, a path, or \"none\"");
        }

        return text.StartsWith("unix://", StringComparison.Ordinal) ? text["unix://".Length..] : text;
    }

    private static IPEndPoint? ReadMetrics(string text, ImmutableArray<string>.Builder errors)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (IPEndPoint.TryParse(text.StartsWith(':') ? "0.0.0.0" + text : text, out var address) && text.Contains(':', StringComparison.Ordinal))
        {
            return address;
        }

        errors.Add($"-metrics-addr \"{text}\" is not address:port, such as 127.0.0.1:9409");
        return null;
    }
}
