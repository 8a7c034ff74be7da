using Netplugin.Agent.Policies;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>By which addresses two ends that are named would meet, and whether policies say the same of all.</summary>
public sealed class PolicyExplainerTests
{
    private readonly FactsBench _bench = new();

    [Fact]
    public void Pods_of_both_families_that_policies_part_in_one_are_said_so()
    {
        _bench.Pod("shop/web", ip: "10.244.2.7 fd00:10:244:2::7");
        _bench.Pod("shop/db", labels: "app=db", ip: "fd00:10:244:2::8 10.244.2.8");
        Assert.Empty(Explain("shop/web", "shop/db").Notes);

        Close(new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("10.244.2.0/24"), []));

        var answer = Explain("shop/web", "shop/db");
        Assert.Equal((true, "10.244.2.7", "10.244.2.8"), (answer.Allowed, answer.From.Address, answer.To.Address));
        Assert.Equal("policies say otherwise of fd00:10:244:2::7 to fd00:10:244:2::8, which are of the same ends: ask with one of the addresses", Assert.Single(answer.Notes));
        Assert.False(Explain("fd00:10:244:2::7", "shop/db").Allowed);
        Assert.False(Explain("shop/web", "fd00:10:244:2::8").Allowed);
        Assert.Empty(Explain("10.244.2.7", "shop/db").Notes);

        // ICMP is another protocol in each.
        Assert.Equal((1, 1), (Explain("shop/web", "shop/db", protocol: 1).Protocol, Explain("shop/web", "shop/db", protocol: 1).Notes.Length));
        Assert.Equal(58, Explain("shop/db", "shop/web", protocol: 1).Protocol);
    }

    [Fact]
    public void Endpoints_of_a_network_meet_by_its_addresses_and_what_is_otherwise_between_their_cluster_addresses_is_said()
    {
        _bench.Network(Samples.Orange);
        _bench.Node("host2", "10.244.2.0/24 fd00:10:244:2::/64");
        _bench.Pod("shop/db", labels: "app=db");
        _bench.Listed(Samples.Orange, Endpoint("web", 1), Endpoint("db", 2));
        Close(new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("10.244.2.0/24"), []));

        var answer = Explain("tenant-one/orange/shop.web", "tenant-one/orange/shop.db");

        Assert.Equal((true, "11.1.0.1", "11.1.0.2"), (answer.Allowed, answer.From.Address, answer.To.Address));
        Assert.Equal("policies say otherwise of fd00:10:244:2::1 to fd00:10:244:2::2, which are of the same ends: ask with one of the addresses", Assert.Single(answer.Notes));
    }

    private static EndpointRecord Endpoint(string pod, int last) =>
        Samples.Endpoint($"shop.{pod}", last, binding: new("host2", "s", "eth0") { ClusterAddresses = [IpAddr.Parse($"10.244.2.{last}"), IpAddr.Parse($"fd00:10:244:2::{last}")] }) with
        {
            Pod = new("shop", pod, ""),
        };

    private void Close(NetworkPolicyPeer peer)
    {
        var policy = new NetworkPolicy(new("shop", "in"), new([new("app", LabelOperator.In, ["db"])]), new([new([peer], [])]), null);
        var known = new KnownPolicy.OfNamespace(policy);
        _bench.Facts.SetPolicy(known.Id, known);
    }

    private PolicyExplanation Explain(string from, string to, byte protocol = 6) =>
        new PolicyExplainer(_bench.Facts, new ModelPolicyMaps(), _ => null).Explain(new(from, to, protocol, 80), []);
}
