using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Agent.Pure;

public sealed class BlockChoiceTests
{
    private static readonly IpPrefix First = IpPrefix.Parse("10.244.1.0/24");
    private static readonly IpPrefix Second = IpPrefix.Parse("10.244.7.0/24");

    [Fact]
    public void The_pod_cidr_of_the_node_is_served()
    {
        Assert.Equal(new BlockChoice(new AddressBlock(First), null), BlockChoice.Of("n", true, First, []));
        Assert.Equal(new BlockChoice(new AddressBlock(First), null), BlockChoice.Of("n", true, First, [First]));
    }

    [Fact]
    public void A_pod_cidr_that_changes_under_running_pods_waits_for_the_last_of_them_and_says_so()
    {
        var choice = BlockChoice.Of("n", true, Second, [First]);

        Assert.Equal(new AddressBlock(First), choice.Block);
        Assert.Contains("10.244.7.0/24", choice.Problem, StringComparison.Ordinal);
        Assert.Contains("10.244.1.0/24", choice.Problem, StringComparison.Ordinal);
        Assert.Contains("drain", choice.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, null, "no node n")]
    [InlineData(true, null, "--allocate-node-cidrs")]
    [InlineData(true, "10.244.1.0/31", "room for no pod")]
    public void What_is_missing_is_said_and_nothing_changes(bool exists, string? given, string says)
    {
        var choice = BlockChoice.Of("n", exists, given is null ? null : IpPrefix.Parse(given), []);

        Assert.Null(choice.Block);
        Assert.Contains(says, choice.Problem, StringComparison.Ordinal);
    }
}
