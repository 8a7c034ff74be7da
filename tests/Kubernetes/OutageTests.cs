using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>A minute without the API server, and one without netplugin's store. Pods do not notice; afterwards all goes on, without a restart of anything.</summary>
public sealed class OutageTests(Lab lab)
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(60);

    // kubelet, the controllers and the scheduler look for the API server again after half a minute or more.
    private static readonly TimeSpan Return = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_minute_without_the_API_server_is_not_noticed_by_pods_and_heals_by_itself()
    {
        string[] started = Started();
        using SteadyTraffic traffic = await SteadyTraffic.BeginAsync(lab.Pod("first"), lab.Pod("redis"), lab.ServiceAddress("redis"));
        lab.Kill(1, "kube-apiserver");
        try
        {
            await traffic.GoesOnForAsync(Outage);
        }
        finally
        {
            lab.Start(1, "kube-apiserver");
            await Eventually.HoldsAsync("the API server to be back", () => lab.Kubectl("get", "--raw", "/readyz").Succeeded().Length > 0, TimeSpan.FromMinutes(1));
        }

        await LatecomersAreServedAsync();
        await traffic.EndAsync();
        Assert.Equal(started, Started());
    }

    [Fact]
    public async Task A_minute_without_the_store_is_not_noticed_by_pods_and_heals_by_itself()
    {
        string[] started = Started();
        using SteadyTraffic traffic = await SteadyTraffic.BeginAsync(lab.Pod("first"), lab.Pod("redis"), lab.ServiceAddress("redis"));
        string told = "";
        lab.Kill(1, "store");
        try
        {
            await Eventually.HoldsAsync("the node to notice", () => Status().Contains("does not answer", StringComparison.Ordinal), Outage);

            // An intent may name any pod, and only the store knows: so no pod starts, and its Events say what is waited for.
            await lab.ApplyPodsAsync(Kubelab.Manifest("late.yaml"));
            await Eventually.HoldsAsync("an Event of the pod", () => (told = EventsOf("late1")).Contains("the store does not answer", StringComparison.Ordinal), Outage);
            await traffic.GoesOnForAsync(Outage);
        }
        finally
        {
            lab.Start(1, "store");
        }

        Assert.Contains("192.168.2.10:12379", told, StringComparison.Ordinal);
        await LatecomersAreServedAsync();
        await Eventually.HoldsAsync("the nodes to be well", () => lab.Node(1).Run("kubectl", "netplugin", "status", "--check").ExitCode == 0, Return);
        await traffic.EndAsync();
        Assert.Equal(started, Started());
    }

    private async Task LatecomersAreServedAsync()
    {
        try
        {
            // Until here it is Kubernetes' own programs that find their way back.
            await lab.ApplyPodsAsync(Kubelab.Manifest("late.yaml"), Return);
            await Eventually.HoldsAsync("the new pods to be ready", () => Endpoints() == 2, Return);
            string service = lab.ServiceAddress("late", "late").ToString();
            var missing = new HashSet<string>(["late1", "late2"]);
            Place first = lab.Pod("first");
            await Eventually.HoldsAsync(
                "both new pods to answer through their new Service",
                async () =>
                {
                    missing.Remove(await first.NameOfAsync(service, 80, Transport.Tcp));
                    return missing.Count == 0;
                },
                Patience);
        }
        finally
        {
            lab.Kubectl("delete", "namespace", "late", "--wait").Succeeded();
        }
    }

    private int Endpoints() => lab.Kubectl("get", "endpoints", "--namespace", "late", "late", "-o", "jsonpath={.subsets[*].addresses[*].ip}").Succeeded()
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    // Both daemons' numbers: a restart would change them.
    private string[] Started() => [.. OwnCluster.Nodes.Select(node => lab.Node(node).Run("cat", "/run/demo/netplugin.pid").Succeeded())];

    private string Status()
    {
        CommandResult status = lab.Node(1).Run("netdcli", "status");
        return status.Output + status.Error;
    }

    private string EventsOf(string pod) => lab.Kubectl(
        "get", "events", "--namespace", "late", "--field-selector", $"involvedObject.name={pod}", "-o", """jsonpath={range .items[*]}{.source.component}: {.reason}: {.message}{"\n"}{end}""").Succeeded();
}
