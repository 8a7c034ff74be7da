using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Linux.Nftables;
using Netplugin.NodeApi.Cni;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods of the default network that want ports of the node.</summary>
public sealed class HostPortTests : IDisposable
{
    private static readonly NodeFacts Serving = Samples.Serving with { Masquerades = true };
    private static readonly CniPortMapping Web = new(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, 80);
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-ports-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_leads_to_the_pod_when_add_answers_and_nowhere_when_del_does()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web", "shop", Web);
        Assert.Equal([To(pod)], node.Links.HostPorts);

        await node.DeletePodAsync("s1");
        Assert.Empty(node.Links.HostPorts);
    }

    [Fact]
    public async Task The_second_pod_that_wants_a_port_is_refused_and_gets_it_when_the_first_is_gone()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var first = await node.AddAsync("s1", "web", "shop", Web);
        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "other", "shop", Web));
        Assert.Contains("shop/web", refused.Message, StringComparison.Ordinal);
        Assert.Equal([To(first)], node.Links.HostPorts);
        Assert.Single(node.Links.Links);

        await node.DeletePodAsync("s1");
        Assert.Equal([To(await node.AddAsync("s2", "other", "shop", Web))], node.Links.HostPorts);
    }

    [Fact]
    public async Task Of_two_pods_that_want_a_port_at_once_one_gets_it()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var adds = Enumerable.Range(0, 4).Select(i => node.AddAsync($"s{i}", $"web{i}", "shop", Web)).ToArray();
        await Task.WhenAll(adds.Select(add => add.ContinueWith(_ => { }, TaskScheduler.Default)));

        Assert.Equal([To(await Assert.Single(adds, add => add.IsCompletedSuccessfully))], node.Links.HostPorts);
        Assert.Single(node.Kernel.Pods);
    }

    [Fact]
    public async Task Without_a_block_a_pod_that_an_intent_names_is_refused_and_leaves_nothing()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        var read = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "c1", "default", Web));

        // With a pod of the network here its endpoints are followed, and not read.
        await node.AddAsync("s2", "c2");
        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "c1", "default", Web));
        Assert.Equal(read.Message, refused.Message);
        Assert.Equal(ResolveFailure.HostPort, refused.Failure);
        Assert.Contains("tenant-one/orange/c1", refused.Message, StringComparison.Ordinal);
        Assert.Equal("s2", Assert.Single(node.Kernel.Pods).Key.Sandbox);
        Assert.Single(node.Links.Links);
        Assert.Null((await node.RecordAsync(Samples.Endpoint("c1", 1).Id))!.Binding);
    }

    [Fact]
    public async Task To_a_pod_that_an_intent_names_a_port_leads_by_its_cluster_address_and_to_no_other_pod()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var pod = await node.AddAsync("s1", "c1", "default", Web);
        Assert.Equal([To(pod) with { Address = pod.Attachments[0].ClusterAddresses.First.Address }], node.Links.HostPorts);
        await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "other", "shop", Web));

        var again = await node.AddAsync("s1", "c1", "default", Web with { HostPort = 8081 });
        Assert.Equal(8081, Assert.Single(node.Links.HostPorts).Port);
        Assert.NotEqual(pod.Attachments, again.Attachments);
        await node.DeletePodAsync("s1");
        Assert.Empty(node.Links.HostPorts);
    }

    [Fact]
    public async Task Asked_again_with_other_ports_the_pod_has_those()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web", "shop", Web);
        Assert.Equal(pod.Attachments, (await node.AddAsync("s1", "web", "shop", Web)).Attachments);

        var again = await node.AddAsync("s1", "web", "shop", Web with { HostPort = 8081 });
        Assert.Equal([To(again) with { Port = 8081 }], node.Links.HostPorts);
    }

    [Fact]
    public async Task A_restart_keeps_the_ports_and_a_resync_mends_them()
    {
        var first = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await first.AddAsync("s1", "web", "shop", Web);
        await first.DisposeAsync();
        first.Links.HostPorts = [To(pod) with { Port = 1 }];

        await using var second = await FakeNode.StartAsync(_folder, first);
        Assert.Equal([To(pod)], second.Links.HostPorts);
        await Assert.ThrowsAsync<ResolveException>(() => second.AddAsync("s2", "other", "shop", Web));
    }

    [Fact]
    public async Task A_check_says_which_port_does_not_lead_to_the_pod()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web", "shop", Web);
        Assert.Empty(await node.Pods.CheckAsync(pod.Key, new FakeNamespace(pod.NetworkNamespace), TestContext.Current.CancellationToken));

        node.Links.HostPorts = [];
        Assert.Contains("tcp port 8080", Assert.Single(await node.Pods.CheckAsync(pod.Key, new FakeNamespace(pod.NetworkNamespace), TestContext.Current.CancellationToken)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_the_runtime_no_longer_has_loses_its_port()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web", "shop", Web);
        node.Links.Links.Clear();
        await node.Loop.ResyncAsync();
        node.Keeper.Signal(resolve: true);

        await Eventually.HoldsAsync("the port to lead nowhere", () => node.Links.HostPorts.IsEmpty && !node.Kernel.Pods.ContainsKey(pod.Key));
    }

    [Fact]
    public async Task The_firewall_knows_the_nodes_as_they_come_and_go()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.AddAsync("s1", "web", "shop", Web);
        await node.RegisterAsync("host2");

        await Eventually.HoldsAsync("the other node to be known", () => node.Links.FirewallNodes.SetEquals([IpAddr.Parse("192.168.2.11")]));
        Assert.Single(node.Links.HostPorts);
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_an_add_leaves_nothing_and_the_next_one_works()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddFailingEachCallAsync(
            () => node.AddAsync("s1", "web", "shop", Web),
            () =>
            {
                Assert.Empty(node.Links.HostPorts);
                return Task.CompletedTask;
            });
        Assert.Equal([To(pod)], node.Links.HostPorts);
    }

    private static HostPort To(Pod pod) => new(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, pod.Attachments[0].Address, 80);
}
