using System.Text.Json;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Support.Nodes;

/// <summary>
/// A pod as a container runtime makes one for CNI: a network namespace with a name in a node, on which k8contivnet is called as
/// the runtime calls it.
/// </summary>
public sealed class Pod
{
    private readonly Node _node;

    /// <summary>Makes the namespace; nothing is attached yet.</summary>
    /// <param name="node">The node it is on.</param>
    /// <param name="name">The pod's name, by which its endpoints are found.</param>
    /// <param name="kubernetesNamespace">The pod's Kubernetes namespace.</param>
    public Pod(Node node, string name, string kubernetesNamespace = "default")
    {
        _node = node;
        Name = name;
        KubernetesNamespace = kubernetesNamespace;
        Sandbox = $"{name.ToLowerInvariant()}-{Guid.NewGuid():N}";
        node.Run("ip", "netns", "add", Sandbox).Succeeded();
        node.Run("ip", "-n", Sandbox, "link", "set", "lo", "up").Succeeded();
    }

    /// <summary>The pod's name.</summary>
    public string Name { get; }

    /// <summary>The pod's Kubernetes namespace.</summary>
    public string KubernetesNamespace { get; }

    /// <summary>The runtime's id for it, different for every pod, also of the same name.</summary>
    public string Sandbox { get; }

    /// <summary>The node it is on.</summary>
    public Node Node => _node;

    /// <summary>The path by which its network namespace is opened from outside the node.</summary>
    public string NetworkNamespace => $"/proc/{_node.HolderPid}/root/run/netns/{Sandbox}";

    /// <summary>Runs a program in the pod's network.</summary>
    public CommandResult Run(string program, params IReadOnlyList<string> arguments) =>
        _node.Run("nsenter", ["--net=/run/netns/" + Sandbox, program, .. arguments]);

    /// <summary>Starts a program in the pod's network and lets it run.</summary>
    public Task<NodeProcess> StartAsync(string name, params IReadOnlyList<string> commandLine) =>
        _node.StartAsync(name, ["nsenter", "--net=/run/netns/" + Sandbox, .. commandLine]);

    /// <summary>Calls k8contivnet with a CNI command.</summary>
    /// <param name="command">ADD, DEL, CHECK, GC, STATUS or VERSION.</param>
    /// <param name="configuration">The network configuration; null for the usual one.</param>
    /// <param name="device">The interface wanted.</param>
    public CommandResult Cni(string command, string? configuration = null, string device = "eth0") => _node.Run(
        ["k8contivnet"],
        configuration ?? Configuration(),
        TimeSpan.FromMinutes(1),
        new Dictionary<string, string?>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = Sandbox,
            ["CNI_NETNS"] = "/run/netns/" + Sandbox,
            ["CNI_IFNAME"] = device,
            ["CNI_PATH"] = "/mnt/artifacts/bin",
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={KubernetesNamespace};K8S_POD_NAME={Name};K8S_POD_INFRA_CONTAINER_ID={Sandbox}",
        });

    /// <summary>ADD that must succeed; gives the first address, without its prefix length.</summary>
    /// <param name="configuration">The network configuration; null for the usual one.</param>
    public string Add(string? configuration = null)
    {
        using JsonDocument result = JsonDocument.Parse(Cni("ADD", configuration).Succeeded());
        return result.RootElement.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0];
    }

    /// <summary>DEL that must succeed.</summary>
    public void Delete() => Cni("DEL").Succeeded();

    /// <summary>Takes the namespace away, as a runtime does after DEL.</summary>
    public void RemoveNamespace() => _node.Run("ip", "netns", "del", Sandbox).Succeeded();

    /// <summary>A network configuration of a version, with more members if given.</summary>
    public static string Configuration(string version = "1.1.0", string more = "") =>
        $$"""{ "cniVersion": "{{version}}", "name": "netplugin", "type": "k8contivnet"{{more}} }""";
}
