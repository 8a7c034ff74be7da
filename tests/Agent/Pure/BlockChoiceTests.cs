using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Agent.Pure;

public sealed class BlockChoiceTests
{
    private static readonly IpPrefix First = IpPrefix.Parse("10.244.1.0/24");
    private static readonly IpPrefix Second = IpPrefix.Parse("10.244.7.0/24");
    private static readonly IpPrefix Six = IpPrefix.Parse("fd00:10:244:1::/64");
    private static readonly IpPrefix OtherSix = IpPrefix.Parse("fd00:10:244:7::/64");

    [Fact]
    public void The_pod_cidrs_of_the_node_are_served_in_their_order()
    {
        Assert.Equal(Serves(First), Of([First], []));
        Assert.Equal(Serves(First), Of([First], [First]));
        Assert.Equal(Serves(First, Six), Of([First, Six], []));
        Assert.Equal(Serves(Six, First), Of([Six, First], [First, Six]));
    }

    [Fact]
    public void A_second_pod_cidr_is_served_at_once_though_pods_run_with_addresses_of_one_alone() => Assert.Equal(Serves(First, Six), Of([First, Six], [First]));

    [Fact]
    public void Of_a_family_with_several_pod_cidrs_the_first_is_served() => Assert.Equal(Serves(First, Six), Of([First, Second, Six], []));

    [Fact]
    public void A_pod_cidr_that_changes_under_running_pods_waits_for_the_last_of_them_and_says_so()
    {
        var choice = Of([Second, Six], [First, Six]);

        Assert.Equal([new AddressBlock(First), new AddressBlock(Six)], choice.Blocks);
        Assert.Equal(
            "Kubernetes gave node n the pod CIDR 10.244.7.0/24, but pods run with addresses of 10.244.1.0/24: they keep them, and new pods get such, until the last of them is gone; drain the node to change over",
            choice.Problem);
        Assert.Contains("fd00:10:244:1::/64: they keep them", Of([Second, OtherSix], [First, Six]).Problem, StringComparison.Ordinal);
        Assert.Contains("10.244.1.0/24: they keep them", Of([Second, OtherSix], [First, Six]).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_cidr_that_the_node_has_lost_is_served_until_the_last_pod_with_an_address_of_it_is_gone()
    {
        var choice = Of([First], [First, Six]);

        Assert.Equal([new AddressBlock(First), new AddressBlock(Six)], choice.Blocks);
        Assert.Contains("no pod CIDR of IPv6, but pods run with addresses of fd00:10:244:1::/64", choice.Problem, StringComparison.Ordinal);
        Assert.Equal(Serves(First), Of([First], [First]));
    }

    [Theory]
    [InlineData(false, null, "no node n")]
    [InlineData(true, null, "--allocate-node-cidrs")]
    [InlineData(true, "10.244.1.0/31", "room for no pod")]
    public void What_is_missing_is_said_and_nothing_changes(bool exists, string? given, string says)
    {
        var choice = BlockChoice.Of("n", exists, given is null ? [] : [Six, IpPrefix.Parse(given)], []);

        Assert.True(choice.Blocks.IsEmpty);
        Assert.Contains(says, choice.Problem, StringComparison.Ordinal);
    }

    private static BlockChoice Of(IReadOnlyList<IpPrefix> given, IReadOnlyList<IpPrefix> inUse) => BlockChoice.Of("n", true, given, inUse);

    private static BlockChoice Serves(params IpPrefix[] blocks) => new([.. blocks.Select(block => new AddressBlock(block))], null);
}
