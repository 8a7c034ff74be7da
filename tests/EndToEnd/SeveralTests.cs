using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Several endpoints in one container: examples/multiple_eps_in_container.json.</summary>
public sealed class SeveralTests
{
    [Fact]
    public async Task A_container_in_two_networks_gets_eth0_and_eth1_in_the_order_of_the_file()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Netdcli("-cfg", "examples/multiple_eps_in_container.json").Succeeded();
        Pod c1 = cluster[1].CreatePod("myContainer1"), c2 = cluster[1].CreatePod("myContainer2");
        Pod c3 = cluster[2].CreatePod("myContainer3"), c4 = cluster[2].CreatePod("myContainer4");
        c1.Add();
        string orange = c3.Add(), purple = c4.Add();
        c2.Add();

        Assert.StartsWith("11.1.0.", Address(c2, "eth0"), StringComparison.Ordinal);
        Assert.StartsWith("11.1.1.", Address(c2, "eth1"), StringComparison.Ordinal);
        await Eventually.HoldsAsync("c2 to reach c3 in orange", () => c2.Reaches(orange));
        await Eventually.HoldsAsync("c2 to reach c4 in purple", () => c2.Reaches(purple));
        await Eventually.HoldsAsync("c1 to reach c3 in orange", () => c1.Reaches(orange));
        Assert.False(c1.ReachesByForce(purple), "c1 is not in purple");

        c2.Delete();
        await Eventually.HoldsAsync("both interfaces to be deleted", () => Links(c2).Length == 1);
    }

    [Fact]
    public async Task A_pod_that_the_intent_pins_to_another_host_is_refused_with_the_reason()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Netdcli("-cfg", "examples/multiple_eps_in_container.json").Succeeded();
        Pod pod = cluster[2].CreatePod("myContainer1");
        var result = pod.Cni("ADD");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("host1", result.Output, StringComparison.Ordinal);
        Assert.Single(Links(pod));
    }

    private static string Address(Pod pod, string device)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-j", "-4", "addr", "show", "dev", device).Succeeded());
        return links.RootElement[0].GetProperty("addr_info")[0].GetProperty("local").GetString()!;
    }

    private static string[] Links(Pod pod) => pod.Run("ip", "-o", "link").Succeeded().Trim().Split('\n');
}
