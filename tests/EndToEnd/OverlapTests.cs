using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Two tenants with the same subnet and the same addresses on the same two nodes.</summary>
public sealed class OverlapTests
{
    [Fact]
    public async Task Tenants_with_the_same_addresses_on_the_same_nodes_work_and_stay_apart()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.TwoTenants(["a1", "a2", "a3"], ["b1", "b2", "b3"])).Succeeded();
        Pod a1 = cluster[1].CreatePod("a1"), a2 = cluster[1].CreatePod("a2"), a3 = cluster[2].CreatePod("a3");
        Pod b1 = cluster[1].CreatePod("b1"), b2 = cluster[1].CreatePod("b2"), b3 = cluster[2].CreatePod("b3");
        string[] first = [a1.Add(), a2.Add(), a3.Add()];
        string[] second = [b1.Add(), b2.Add(), b3.Add()];
        Assert.Equal(["11.1.0.1", "11.1.0.2", "11.1.0.3"], first);
        Assert.Equal(first, second);

        await Eventually.HoldsAsync("the nodes to know all pods", () => a1.Reaches(first[2]) && b1.Reaches(first[2]) && a3.Reaches(first[0]) && b3.Reaches(first[0]));

        // On one node and across two; the one of the other tenant with the very same address never gets it.
        Assert.Equal(["a2"], await Reachability.WhoGetsAsync(a1, first[1], a2, b2));
        Assert.Equal(["a3"], await Reachability.WhoGetsAsync(a1, first[2], a3, b3));
        Assert.Equal(["b2"], await Reachability.WhoGetsAsync(b1, first[1], a2, b2));
        Assert.Equal(["b3"], await Reachability.WhoGetsAsync(b1, first[2], a3, b3));
        Assert.Equal(["a1"], await Reachability.WhoGetsAsync(a3, first[0], a1, b1));
        Assert.Equal(["b1"], await Reachability.WhoGetsAsync(b3, first[0], a1, b1));
    }

    [Fact]
    public async Task A_network_whose_only_pod_here_left_no_longer_answers_for_the_other_tenant()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.TwoTenants(["a1", "a2"], ["b1", "b2"])).Succeeded();
        Pod a1 = cluster[1].CreatePod("a1"), a2 = cluster[2].CreatePod("a2"), b2 = cluster[2].CreatePod("b2");
        a1.Add();
        string address = a2.Add();
        Assert.Equal(address, b2.Add());
        await Eventually.HoldsAsync("the nodes to know both pods", () => a1.Reaches(address));
        a2.Delete();
        Assert.Empty(await Reachability.WhoGetsAsync(a1, address, b2));
    }
}
