using System.Globalization;
using System.Net;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// The cluster of the run, made by <c>tests/kubelab/kubelab</c> as the environment says, with the pods of <c>Manifests/traffic.yaml</c>.
/// A cluster that is up already is used, and stays: so tests can be run one by one.
/// </summary>
public sealed class Lab : IAsyncLifetime
{
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _script = Path.Combine(RepositoryRoot.Path, "tests", "kubelab", "kubelab");
    private bool _made;
    private Dictionary<string, string> _settings = [];

    /// <summary>The IP families of the cluster: 4, 6 or both.</summary>
    public IEnumerable<char> Families => _settings["family"];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _made = Kubelab(Limit, "env").ExitCode != 0;
        try
        {
            if (_made)
            {
                Kubelab(UpLimit, "up").Succeeded();
            }

            _settings = Kubelab(Limit, "env").Succeeded()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair[1]);

            // Pods are refused until the namespace's service account has been made.
            await Eventually.HoldsAsync(
                "the pods to be accepted",
                () =>
                {
                    Apply(Manifest("traffic.yaml"));
                    return true;
                });
            WaitForPods("traffic");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_made)
        {
            Kubelab(Limit, "down").Succeeded();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Runs kubectl as the cluster's administrator.</summary>
    public CommandResult Kubectl(params IReadOnlyList<string> arguments) => Kubelab(Limit, ["kubectl", .. arguments]);

    /// <summary>Applies a manifest, given as text.</summary>
    public void Apply(string manifest) => Kubelab(Limit, ["kubectl", "apply", "-f", "-"], manifest).Succeeded();

    /// <summary>Waits until every pod of a namespace is ready.</summary>
    public void WaitForPods(string kubernetesNamespace) =>
        Kubectl("wait", "--namespace", kubernetesNamespace, "--for=condition=Ready", "pods", "--all", "--timeout=60s").Succeeded();

    /// <summary>Ends a program of a node with SIGKILL.</summary>
    public void Kill(int node, string program) => Kubelab(Limit, "kill", Number(node), program).Succeeded();

    /// <summary>Starts a program of a node that was killed.</summary>
    public void Start(int node, string program) => Kubelab(Limit, "start", Number(node), program).Succeeded();

    /// <summary>A pod of the traffic namespace, to ask from and to be asked.</summary>
    public Place Pod(string name) => new(
        name,
        (program, limit) => Kubelab(limit, ["kubectl", "exec", "--namespace", "traffic", name, "--", .. program]),
        Addresses("pod", "--namespace", "traffic", name, "-o", "jsonpath={.status.podIPs[*].ip}"),
        8080);

    /// <summary>A node itself.</summary>
    public Place Node(int number) => new(
        "node" + Number(number),
        (program, limit) => Kubelab(limit, ["node", Number(number), .. program]),
        Addresses("node", "node" + Number(number), "-o", """jsonpath={.status.addresses[?(@.type=="InternalIP")].address}"""),
        8082);

    /// <summary>A host outside of the cluster, which knows the nodes and no pod.</summary>
    public Place Outside() => new(
        "outside",
        (program, limit) => Kubelab(limit, ["node", "outside", .. program]),
        [IPAddress.Parse("203.0.113.2"), IPAddress.Parse("2001:db8::2")],
        8082);

    /// <summary>The text of a file of Manifests.</summary>
    public static string Manifest(string name)
    {
        using Stream stream = typeof(Lab).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"no manifest {name}", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private IPAddress[] Addresses(params IReadOnlyList<string> ofWhat) =>
        [.. Kubectl(["get", .. ofWhat]).Succeeded().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];

    private CommandResult Kubelab(TimeSpan limit, params IReadOnlyList<string> arguments) => Kubelab(limit, arguments, "");

    private CommandResult Kubelab(TimeSpan limit, IReadOnlyList<string> arguments, string input) =>
        Command.Run(_script, arguments, input, limit);

    private static string Number(int node) => node.ToString(CultureInfo.InvariantCulture);
}
