using System.Text.Json;
using Netplugin.Runtime;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;
using Netplugin.Tests.Support.Runtimes;
using Pod = Netplugin.Runtime.Pod;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// The kubelet's exec form on sandboxes of a real containerd, whose own CNI configuration makes loopback only: so every interface
/// seen here came from <c>k8contivnet setup</c>.
/// </summary>
public sealed class KubeletExecTests
{
    private const string CriEndpoint = "-cri-endpoint=unix:///run/containerd/containerd.sock";
    private const string KubernetesNamespace = "shop";

    [Fact]
    public async Task Setup_status_and_teardown_work_on_a_sandbox_in_either_order_of_the_names()
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        using Containerd containerd = await StartAsync(cluster, "web", "db");
        Pod web = await StartPodAsync(containerd, "web"), db = await StartPodAsync(containerd, "db");
        Assert.False(await HasEth0Async(containerd, web), "the runtime itself makes no eth0");

        // Kubelets pass the namespace first, the documentation the pod's name: the sandbox's own metadata tells.
        Assert.Equal((0, ""), Short(Exec(cluster, "setup", KubernetesNamespace, "web", web.SandboxId)));
        Assert.Equal((0, ""), Short(Exec(cluster, "setup", "db", KubernetesNamespace, db.SandboxId)));
        Assert.Equal("11.1.0.1", await AddressAsync(containerd, web));
        Assert.Equal("11.1.0.2", await AddressAsync(containerd, db));
        Assert.Equal(0, (await InsideAsync(containerd, web, "ping", "-c", "1", "-w", "5", "11.1.0.2")).ExitCode);

        using (JsonDocument status = JsonDocument.Parse(Exec(cluster, "status", KubernetesNamespace, "web", web.SandboxId).Succeeded()))
        {
            Assert.Equal("PodNetworkStatus", status.RootElement.GetProperty("kind").GetString());
            Assert.Equal("11.1.0.1", status.RootElement.GetProperty("ip").GetString());
        }

        Assert.Equal((0, ""), Short(Exec(cluster, "teardown", KubernetesNamespace, "web", web.SandboxId)));
        Assert.Equal((0, ""), Short(Exec(cluster, "teardown", KubernetesNamespace, "web", web.SandboxId)));
        await Eventually.HoldsAsync("teardown to take the interface away", async () => !await HasEth0Async(containerd, web));
        Assert.Equal((0, ""), Short(Exec(cluster, "status", KubernetesNamespace, "web", web.SandboxId)));
        Assert.True(await HasEth0Async(containerd, db), "another pod's interface stays");
    }

    [Fact]
    public async Task A_pod_that_no_intent_names_starts_without_a_network_and_an_unknown_sandbox_is_an_error()
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        using Containerd containerd = await StartAsync(cluster, "web");
        Pod stranger = await StartPodAsync(containerd, "stranger");

        Assert.Equal((0, ""), Short(Exec(cluster, "setup", KubernetesNamespace, "stranger", stranger.SandboxId)));
        Assert.False(await HasEth0Async(containerd, stranger));

        CommandResult unknown = Exec(cluster, "setup", KubernetesNamespace, "web", "0123456789abcdef");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("0123456789abcdef", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_teardown_without_a_daemon_is_done_by_the_next_one()
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        using Containerd containerd = await StartAsync(cluster, "web");
        Pod web = await StartPodAsync(containerd, "web");
        Exec(cluster, "setup", KubernetesNamespace, "web", web.SandboxId).Succeeded();
        cluster[1].Daemon.Kill();

        Assert.Equal(0, Exec(cluster, "teardown", KubernetesNamespace, "web", web.SandboxId).ExitCode);
        Assert.True(await HasEth0Async(containerd, web), "nobody could do it yet");
        await cluster[1].StartDaemonAsync(CriEndpoint);
        await Eventually.HoldsAsync("the recorded teardown to be done", async () => !await HasEth0Async(containerd, web));
    }

    [Fact]
    public async Task What_the_runtime_no_longer_has_is_freed_when_the_daemon_starts()
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        using Containerd containerd = await StartAsync(cluster, "web");
        Pod web = await StartPodAsync(containerd, "web");
        Exec(cluster, "setup", KubernetesNamespace, "web", web.SandboxId).Succeeded();
        cluster[1].Daemon.Kill();

        // Its own CNI configuration knows nothing of netplugin: nobody tells the daemon of the removal.
        await containerd.Pods.RemoveAsync(web.SandboxId, TestContext.Current.CancellationToken);
        await cluster[1].StartDaemonAsync(CriEndpoint);
        await Eventually.HoldsAsync("the pod's attachment to be freed", async () => (await cluster[1].StatusAsync()).Endpoints == 0);
        Assert.Empty(cluster[1].Node.Run("bash", "-c", "compgen -G '/sys/class/net/np[0-9a-f]*' || true").Succeeded());
    }

    private static async Task<Containerd> StartAsync(Cluster cluster, params string[] containers)
    {
        Containerd containerd = await Containerd.StartAsync(cluster[1].Node, Containerd.LoopbackOnly);
        try
        {
            await cluster[1].StartDaemonAsync(CriEndpoint);
            cluster.Post(Intents.OneTenant(("orange", containers))).Succeeded();
            return containerd;
        }
        catch
        {
            containerd.Dispose();
            throw;
        }
    }

    private static Task<Pod> StartPodAsync(Containerd containerd, string name) => containerd.Pods.StartAsync(
        new PodSpec(name, Containerd.ToolsImage) { Namespace = KubernetesNamespace }, TestContext.Current.CancellationToken);

    private static CommandResult Exec(Cluster cluster, params string[] arguments) => cluster[1].Node.Run("k8contivnet", arguments);

    private static (int, string) Short(CommandResult result) => (result.ExitCode, result.Output);

    private static Task<ExecResult> InsideAsync(Containerd containerd, Pod pod, params string[] command) =>
        containerd.Pods.ExecAsync(pod.ContainerId, command, cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<bool> HasEth0Async(Containerd containerd, Pod pod) =>
        (await InsideAsync(containerd, pod, "ip", "link", "show", "dev", "eth0")).ExitCode == 0;

    private static async Task<string> AddressAsync(Containerd containerd, Pod pod)
    {
        ExecResult shown = await InsideAsync(containerd, pod, "ip", "-o", "-4", "addr", "show", "dev", "eth0");
        return shown.Stdout.Split("inet ", 2)[1].Split('/')[0];
    }
}
