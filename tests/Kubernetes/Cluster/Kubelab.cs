using System.Globalization;
using System.Net;
using System.Text.Json;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>A cluster that <c>tests/kubelab/kubelab</c> makes.</summary>
/// <param name="environment">What it is to be like, beside what this process's environment says.</param>
public class Kubelab(IReadOnlyDictionary<string, string?>? environment = null)
{
    /// <summary>The key of the annotation that has a pod's interfaces.</summary>
    public const string NetworkStatusKey = "k8s.v1.cni.cncf.io/network-status";

    /// <summary>The key of the annotation by which a pod asks for further networks.</summary>
    public const string NetworksKey = "k8s.v1.cni.cncf.io/networks";

    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly string _script = Path.Combine(RepositoryRoot.Path, "tests", "kubelab", "kubelab");

    private string? _families;

    /// <summary>The IP families of the cluster: 4, 6 or both.</summary>
    public IEnumerable<char> Families => _families ??=
        Run(Limit, "env").Succeeded().Split('\n').Single(line => line.StartsWith("family=", StringComparison.Ordinal))["family=".Length..];

    /// <summary>Runs kubectl as the cluster's administrator.</summary>
    public CommandResult Kubectl(params IReadOnlyList<string> arguments) => Run(Limit, ["kubectl", .. arguments]);

    /// <summary>Runs kubectl with something on its standard input.</summary>
    public CommandResult KubectlWith(string input, params IReadOnlyList<string> arguments) => Run(Limit, ["kubectl", .. arguments], input);

    /// <summary>Applies a manifest, given as text.</summary>
    public void Apply(string manifest) => KubectlWith(manifest, "apply", "-f", "-").Succeeded();

    /// <summary>Takes away what a manifest made, given as text.</summary>
    public void Delete(string manifest) => KubectlWith(manifest, "delete", "-f", "-").Succeeded();

    /// <summary>Applies a manifest with pods; they are refused until their namespace's service account has been made.</summary>
    public Task ApplyPodsAsync(string manifest, TimeSpan? limit = null) => Eventually.HoldsAsync(
        "the pods to be accepted",
        () =>
        {
            Apply(manifest);
            return true;
        },
        limit);

    /// <summary>Waits until every pod of a namespace is ready.</summary>
    public void WaitForPods(string kubernetesNamespace) =>
        Kubectl("wait", "--namespace", kubernetesNamespace, "--for=condition=Ready", "pods", "--all", "--timeout=60s").Succeeded();

    /// <summary>Posts an intent, or takes back what it names.</summary>
    /// <param name="how">One of netdcli's flags, such as <c>-add-cfg</c>.</param>
    /// <param name="intent">The intent, as JSON.</param>
    public CommandResult Netdcli(string how, string intent) => Node(1).Run("sh", "-c", $"netdcli {how} - <<'JSON'\n{intent}\nJSON");

    /// <summary>Takes back what an intent names: pods leave a network a moment after Kubernetes says that they are gone, and until then it stays.</summary>
    public Task TakeBackAsync(string intent) => Eventually.HoldsAsync(
        "the pods to have left the networks",
        () =>
        {
            Netdcli("-del-cfg", intent).Succeeded();
            return true;
        });

    /// <summary>Waits until an Event tells something of a pod.</summary>
    /// <param name="kubernetesNamespace">Where the pod is.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="reason">The Event's reason.</param>
    /// <param name="words">What its message has in it.</param>
    public async Task ToldAsync(string kubernetesNamespace, string pod, string reason, params IEnumerable<string> words)
    {
        string told = "";
        await Eventually.HoldsAsync(
            $"an Event {reason} about {pod}", () => (told = EventsOf(kubernetesNamespace, pod)).Contains(reason, StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        Assert.All(words, word => Assert.Contains(word, told, StringComparison.Ordinal));
    }

    /// <summary>What netplugin told of a pod: a line <c>reason: message</c> an Event.</summary>
    public string EventsOf(string kubernetesNamespace, string pod) => Kubectl(
        "get", "events", "--namespace", kubernetesNamespace, "--field-selector", $"involvedObject.name={pod},source=netplugin",
        "-o", """jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}""").Succeeded();

    /// <summary>The text of the annotation that has a pod's interfaces; empty when it has none.</summary>
    public string NetworkStatusText(string kubernetesNamespace, string pod) => Kubectl(
        "get", "pod", "--namespace", kubernetesNamespace, pod, "-o", $$"""jsonpath={.metadata.annotations.{{NetworkStatusKey.Replace(".", "\\.", StringComparison.Ordinal)}}}""").Succeeded().TrimEnd();

    /// <summary>Waits for a pod's annotation, and gives its first interface.</summary>
    public async Task<JsonElement> NetworkStatusAsync(string kubernetesNamespace, string pod) => (await InterfacesAsync(kubernetesNamespace, pod))[0];

    /// <summary>The address that an interface has in its network, as the annotation shows it.</summary>
    public static IPAddress AddressIn(JsonElement status) => IPAddress.Parse(status.GetProperty("ips")[0].GetString()!);

    /// <summary>Waits for a pod's annotation, and gives its interfaces.</summary>
    public async Task<JsonElement[]> InterfacesAsync(string kubernetesNamespace, string pod)
    {
        string text = "";
        await Eventually.HoldsAsync(
            $"the annotation of {pod}", () => (text = NetworkStatusText(kubernetesNamespace, pod)).StartsWith('['), TimeSpan.FromSeconds(30));
        using JsonDocument document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(one => one.Clone())];
    }

    /// <summary>Ends a program of a node with SIGKILL.</summary>
    public void Kill(int node, string program) => Run(Limit, "kill", Number(node), program).Succeeded();

    /// <summary>Starts a program of a node that was killed.</summary>
    public void Start(int node, string program) => Run(Limit, "start", Number(node), program).Succeeded();

    /// <summary>A pod, to ask from and to be asked.</summary>
    public Place Pod(string name, string kubernetesNamespace = "traffic") => new(
        name,
        (program, limit) => Run(limit, ["kubectl", "exec", "--namespace", kubernetesNamespace, name, "--", .. program]),
        Addresses("pod", "--namespace", kubernetesNamespace, name, "-o", "jsonpath={.status.podIPs[*].ip}"),
        8080);

    /// <summary>A node itself.</summary>
    public Place Node(int number) => new(
        "node" + Number(number),
        (program, limit) => Run(limit, ["node", Number(number), .. program]),
        Addresses("node", "node" + Number(number), "-o", """jsonpath={.status.addresses[?(@.type=="InternalIP")].address}"""),
        8082);

    /// <summary>A host outside of the cluster, which knows the nodes and no pod.</summary>
    public Place Outside() => new(
        "outside",
        (program, limit) => Run(limit, ["node", "outside", .. program]),
        [IPAddress.Parse("203.0.113.2"), IPAddress.Parse("2001:db8::2")],
        8082);

    /// <summary>Runs a program on the router between the nodes and the outside.</summary>
    public CommandResult OnFabric(params IReadOnlyList<string> program) => Run(Limit, ["node", "fabric", .. program]);

    /// <summary>The first cluster address of a Service.</summary>
    public IPAddress ServiceAddress(string name, string kubernetesNamespace = "traffic") =>
        Addresses("service", "--namespace", kubernetesNamespace, name, "-o", "jsonpath={.spec.clusterIP}")[0];

    /// <summary>The name of a cluster that a test makes for itself, which is up beside that of the run.</summary>
    public static string NameBeside(string what) => $"{Environment.GetEnvironmentVariable("KUBELAB_NAME") ?? "kubelab"}-{what}";

    /// <summary>The text of a file of Manifests.</summary>
    public static string Manifest(string name)
    {
        using Stream stream = typeof(Kubelab).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"no manifest {name}", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Whether there is such a cluster.</summary>
    protected bool IsUp => Run(Limit, "env").ExitCode == 0;

    /// <summary>Makes the cluster; one that is there is taken down first.</summary>
    protected void Up() => Run(UpLimit, "up").Succeeded();

    /// <summary>Takes the cluster down.</summary>
    protected void Down() => Run(Limit, "down").Succeeded();

    /// <summary>Runs another of kubelab's commands.</summary>
    protected CommandResult Run(params IReadOnlyList<string> arguments) => Run(Limit, arguments);

    private IPAddress[] Addresses(params IReadOnlyList<string> ofWhat) =>
        [.. Kubectl(["get", .. ofWhat]).Succeeded().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];

    private CommandResult Run(TimeSpan limit, params IReadOnlyList<string> arguments) => Run(limit, arguments, "");

    private CommandResult Run(TimeSpan limit, IReadOnlyList<string> arguments, string input) => Command.Run(_script, arguments, input, limit, environment);

    private static string Number(int node) => node.ToString(CultureInfo.InvariantCulture);
}
