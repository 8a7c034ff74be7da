using Netplugin.Runtime;
using Netplugin.Tests.Support.Images;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.Support.Runtimes;

/// <summary>A real containerd in a node, with the images of the tests. It ends with the node.</summary>
public sealed class Containerd : IDisposable
{
    /// <summary>An image with busybox's tools that sleeps until it is told to end.</summary>
    public const string ToolsImage = "localhost/netplugin-test/tools:1";

    /// <summary>
    /// A CNI configuration that makes nothing but loopback. containerd wants to hear of an eth0 with an address all the same; the loopback
    /// plugin repeats what it is told an earlier plugin made.
    /// </summary>
    public const string LoopbackOnly = """
        {"cniVersion":"1.0.0","name":"none","plugins":[{"type":"loopback","prevResult":{"cniVersion":"1.0.0",
        "interfaces":[{"name":"eth0","sandbox":"/proc/self/ns/net"}],"ips":[{"address":"192.0.2.1/32","interface":0}]}}]}
        """;

    private const string PauseImage = "localhost/netplugin-demo/pause:1"; // named in demo/containerd.toml

    private readonly Node _node;

    private Containerd(Node node)
    {
        _node = node;
        Client = new RuntimeClient(Path.Combine(node.RunFolder, "containerd", "containerd.sock"), TimeSpan.FromSeconds(30));
        Pods = new PodStarter(Client);
    }

    /// <summary>Asks it.</summary>
    public RuntimeClient Client { get; }

    /// <summary>Starts pods with it.</summary>
    public PodStarter Pods { get; }

    /// <summary>The process; a new one after <see cref="RestartAsync"/>.</summary>
    public NodeProcess Process { get; private set; } = null!;

    /// <summary>Starts it.</summary>
    /// <param name="node">Where.</param>
    /// <param name="networkConfiguration">The CNI configuration list, as JSON.</param>
    /// <param name="pluginFolder">Folder of the CNI plugins, as the node sees it.</param>
    public static async Task<Containerd> StartAsync(Node node, string networkConfiguration, string pluginFolder = "/usr/lib/cni")
    {
        var containerd = new Containerd(node);
        try
        {
            containerd.SetNetworkConfiguration(networkConfiguration);
            File.CreateSymbolicLink(Path.Combine(node.RunFolder, "cni", "bin"), pluginFolder);
            await containerd.RestartAsync();
            containerd.Import("pause", PauseImage);
            containerd.Import("tools", ToolsImage);
            await Eventually.HoldsAsync("containerd to have read its CNI configuration", async () => (await containerd.Client.GetProblemsAsync()).IsEmpty);
            return containerd;
        }
        catch
        {
            containerd.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the CNI configuration; containerd follows the folder.</summary>
    public void SetNetworkConfiguration(string networkConfiguration)
    {
        string folder = Path.Combine(_node.RunFolder, "cni", "net.d");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "new"), networkConfiguration);
        File.Move(Path.Combine(folder, "new"), Path.Combine(folder, "10-test.conflist"), overwrite: true);
    }

    /// <summary>Starts the process, or ends it and starts it again; its pods keep running.</summary>
    public async Task RestartAsync()
    {
        if (Process is { IsRunning: true })
        {
            Process.Kill("TERM");
        }

        Process = await _node.StartAsync("containerd", "containerd", "--config", "/mnt/demo/containerd.toml");
        await Eventually.HoldsAsync($"containerd to answer; see {Process.LogFile}", async () => (await Client.GetVersionAsync()).Length > 0);
    }

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();

    private void Import(string name, string image)
    {
        string archive = Path.Combine(_node.RunFolder, name + ".tar");
        ImageArchive.Write(archive, image, [], ["/bin/sleep", "infinity"]);
        _node.Run("ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "k8s.io", "images", "import", $"/run/{name}.tar").Succeeded();
        File.Delete(archive);
    }
}
