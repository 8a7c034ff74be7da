using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

public sealed class PoolTests
{
    private static readonly NetworkId Network = new("t", "n");

    [Theory]
    [InlineData("10.123.16.0/22", 513, "10.123.18.1")]
    [InlineData("172.12.0.0/16", 261, "172.12.1.5")]
    [InlineData("10.0.0.0/24", 254, "10.0.0.254")]
    [InlineData("10.0.0.0/24", 255, null)]
    public void The_nth_endpoint_gets_the_nth_address(string subnet, int nth, string? expected)
    {
        var pool = new AddressPool(new(Network, Encap.Vxlan, 1, IpPrefix.Parse(subnet), false, default, 1), [], LeasesRecord.None(Network));

        var last = Enumerable.Range(0, nth).Select(i => pool.TakeLowest($"c{i}")).ToList()[^1];

        Assert.Equal(expected, last?.ToString());
    }

    [Theory]
    [InlineData("10.0.0.0/8", 24, 5, "10.0.5.0/24")]
    [InlineData("11.1.0.0/16", 24, 255, "11.1.255.0/24")]
    [InlineData("11.1.0.0/16", 24, 256, null)]
    [InlineData("fd00::/48", 64, 65535, "fd00:0:0:ffff::/64")]
    public void Blocks_of_a_pool_are_counted_from_zero(string pool, int length, int index, string? expected)
    {
        var subnets = new SubnetPool([]);

        var last = Enumerable.Range(0, index + 1).Select(_ => subnets.TakeLowest(IpPrefix.Parse(pool), length, Network)).ToList()[^1];

        Assert.Equal(expected, last?.ToString());
    }

    [Fact]
    public void A_large_subnet_in_the_way_is_stepped_over_at_once()
    {
        var subnets = new SubnetPool([new(new("t", "wide"), Encap.Vxlan, 1, IpPrefix.Parse("fd00::/33"), false, default, 1)]);

        Assert.Equal("fd00:0:8000::/64", subnets.TakeLowest(IpPrefix.Parse("fd00::/32"), 64, Network).ToString());
        Assert.Null(new SubnetPool([new(new("t", "wide"), Encap.Vxlan, 1, IpPrefix.Parse("fd00::/16"), false, default, 1)])
            .TakeLowest(IpPrefix.Parse("fd00::/32"), 64, Network));
    }

    [Theory]
    [InlineData("100-400,500-900", Encap.Vlan, 100)]
    [InlineData("500-900,100-400", Encap.Vlan, 100)]
    [InlineData("0-5", Encap.Vlan, 1)]
    [InlineData("10000-12000", Encap.Vxlan, 10000)]
    public void The_lowest_id_of_all_ranges_comes_first(string ranges, Encap encap, uint expected)
    {
        Assert.Equal(expected, new TagPool(encap, []).TakeLowest(IdRanges.Read(ranges, encap, out _)!.Value, Network));
    }

    [Theory]
    [InlineData("5-100, 101-200", "5-200")]
    [InlineData(" 7 , 9 ", "7,9")]
    [InlineData("1-10,3-5,8-20", "1-20")]
    public void Ranges_are_sorted_and_merged(string text, string expected)
    {
        Assert.Equal(expected, IdRanges.Show(IdRanges.Read(text, Encap.Vlan, out _)!.Value));
    }

    [Fact]
    public void A_VLAN_range_of_reserved_ids_alone_is_empty()
    {
        Assert.Null(new TagPool(Encap.Vlan, []).TakeLowest(IdRanges.Read("4095", Encap.Vlan, out _)!.Value, Network));
    }
}
