using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Maps;
using Netplugin.Core.Policies.Normal;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>Under which numbers networks' addresses are in the maps.</summary>
public sealed class PolicyMapNetworksTests
{
    private static readonly IpAddr StoreAddress = IpAddr.Parse("11.1.0.2");

    // The same address in another network, whose pods a policy of theirs asks about.
    private static readonly PolicyEndpoint Twin = Store with { Id = new(Purple, "twin") };
    private static readonly PolicyEndpoint Asking = Cart with { Id = new(Purple, "asking"), ClusterAddresses = [] };

    [Fact]
    public void Addresses_of_a_network_without_a_number_wait_for_it()
    {
        var node = Start();
        Assert.Empty(node.Identities());
        Assert.Equal(1UL, node.Maps.Generation);

        node.Numbers[Orange] = 10;
        node.Writer.NumbersChanged();
        var (key, identity) = Assert.Single(node.Identities());
        Assert.Equal(new(10, StoreAddress), key);
        Assert.NotEqual(0u, identity);
        Assert.Equal(2UL, node.Maps.Generation);

        node.Writer.NumbersChanged();
        Assert.Equal(2UL, node.Maps.Generation);
    }

    [Fact]
    public void They_move_with_the_number_and_go_with_it()
    {
        var node = Start(Orange);
        var identity = Assert.Single(node.Identities()).Value;

        node.Numbers[Orange] = 20;
        var atOnce = new List<(bool, bool)>();
        node.Maps.Written = () => atOnce.Add((Has(node, 10, identity), Has(node, 20, identity)));
        node.Writer.NumbersChanged();
        Assert.DoesNotContain((true, true), atOnce);
        Assert.DoesNotContain((false, false), atOnce);
        node.Writer.RemoveFormer();
        Assert.Equal([new IdentityKey(20, StoreAddress)], node.Identities().Keys);

        node.Numbers.Remove(Orange);
        node.Writer.NumbersChanged();
        node.Writer.RemoveFormer();
        Assert.Empty(node.Identities());
    }

    [Fact]
    public void Networks_may_exchange_their_numbers()
    {
        var node = Start(Orange, Purple);
        var before = node.Identities();
        Assert.NotEqual(before[new(10, StoreAddress)], before[new(11, StoreAddress)]);

        (node.Numbers[Orange], node.Numbers[Purple]) = (11, 10);
        node.Writer.NumbersChanged();
        node.Writer.RemoveFormer();
        var after = node.Identities();
        Assert.Equal(before[new(10, StoreAddress)], after[new(11, StoreAddress)]);
        Assert.Equal(before[new(11, StoreAddress)], after[new(10, StoreAddress)]);
    }

    [Fact]
    public void A_number_may_be_heard_of_as_anothers_before_it_is_heard_of_as_left()
    {
        var node = Start(Orange);
        (node.Numbers[Purple], _) = (10, node.Numbers.Remove(Orange));
        Hear(node, Purple, Asking, Twin);
        node.Apply();
        node.Writer.NumbersChanged();
        node.Writer.RemoveFormer();
        Assert.Equal([new IdentityKey(10, StoreAddress)], node.Identities().Keys);
    }

    private static bool Has(MapTestNode node, uint number, uint identity) => node.Identities().GetValueOrDefault(new(number, StoreAddress)) == identity;

    // Numbers from 10 on for the networks of these.
    private static MapTestNode Start(params NetworkId[] numbered)
    {
        var node = new MapTestNode().Start();
        for (var i = 0; i < numbered.Length; i++)
        {
            node.Numbers[numbered[i]] = (uint)(10 + i);
        }

        Hear(node, Orange, Cart, Store);
        if (numbered.Contains(Purple))
        {
            Hear(node, Purple, Asking, Twin);
        }

        return node.Apply();
    }

    // Of a network, whose group front lets nobody of group back in.
    private static void Hear(MapTestNode node, NetworkId network, params PolicyEndpoint[] endpoints)
    {
        var rule = new IntentRule("r", PolicyDirection.Ingress, 1, new(new GroupId(network, "back")), IntentProtocol.Any, 0, false);
        node.Set(endpoints).Compiler.Set(IntentPolicyNormal.Of(new(network.Tenant, network.Network, [new(network, "front")], [rule])));
    }
}
