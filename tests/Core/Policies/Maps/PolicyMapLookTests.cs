using CsCheck;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>What is looked up in the maps is what a packet finds there.</summary>
public sealed class PolicyMapLookTests
{
    private static readonly (byte Protocol, ushort Port)[] Traffic = [(6, 80), (6, 443), (17, 53), (132, 90), (1, 0), (47, 0)];

    [Fact]
    public void It_is_what_a_packet_finds() => PolicyGens.CaseGen(1).Sample(
        one =>
        {
            var node = new WrittenNode(new()).Start().Attach(one).Hear(one);
            node.ApplyWhole();
            var tables = node.Tables();
            foreach (var endpoint in WrittenNode.Local(one))
            {
                foreach (var peer in ClusterGens.Ends(one.Endpoints, one.Nodes).Select(PolicyCases.PlaneOf).Distinct())
                {
                    foreach (var direction in Enum.GetValues<PolicyDirection>())
                    {
                        foreach (var (protocol, port) in Traffic)
                        {
                            var found = tables.Decide(endpoint, direction, peer, protocol, port, isItself: false);
                            var key = new IdentityKey(peer.Plane == NetworkId.ClusterDefault ? DatapathState.Cluster : node.Numbers[peer.Plane], peer.Address);
                            var looked = PolicyMapLook.Decide(node.Maps, node.DeviceOf(endpoint), direction, key, protocol, port);
                            Assert.Equal((found.IsAllowed, found.Reason is null), (looked?.Kind == VerdictKind.Allow, looked?.Number == 0));
                        }
                    }
                }
            }
        },
        iter: 300);

    [Fact]
    public void Before_the_first_generation_nothing_is_enforced_and_after_it_who_is_not_in_the_maps_is_closed()
    {
        var maps = new ModelPolicyMaps();
        Assert.Null(PolicyMapLook.Decide(maps, new(5), PolicyDirection.Ingress, default, 6, 80));

        maps.SetGeneration(1);

        Assert.Equal(new Verdict(VerdictKind.Deny, 0), PolicyMapLook.Decide(maps, new(5), PolicyDirection.Ingress, default, 6, 80));
    }
}
