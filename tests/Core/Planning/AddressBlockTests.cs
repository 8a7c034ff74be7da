using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

public sealed class AddressBlockTests
{
    [Theory]
    [InlineData("10.244.1.0/24", "10.244.1.1", 253u, "10.244.1.2", "10.244.1.254")]
    [InlineData("10.244.1.128/30", "10.244.1.129", 1u, "10.244.1.130", "10.244.1.130")]
    [InlineData("fd00:1::/64", "fd00:1::1", 65534u, "fd00:1::2", "fd00:1::ffff")]
    [InlineData("fd00:1::/126", "fd00:1::1", 2u, "fd00:1::2", "fd00:1::3")]
    public void The_node_takes_the_second_address_and_pods_what_follows(string prefix, string gateway, uint count, string first, string last)
    {
        var block = new AddressBlock(IpPrefix.Parse(prefix));

        Assert.Equal(IpAddr.Parse(gateway), block.Gateway);
        Assert.Equal(count, block.Count);
        Assert.Equal(IpAddr.Parse(first), block.Next(0, _ => false));
        Assert.Equal(IpAddr.Parse(last), block.Next(count - 1, _ => false));
        Assert.Equal(IpAddr.Parse(first), block.Next(count, _ => false));
    }

    [Fact]
    public void Every_address_is_given_once_and_then_none()
    {
        Gen.Select(Gen.Int[20, 30], Gen.ULong).Sample((length, start) =>
        {
            var block = new AddressBlock(new IpPrefix(IpAddr.Parse("10.244.0.0"), length));
            var given = new HashSet<IpAddr>();
            while (block.Next(unchecked(start + (ulong)given.Count), given.Contains) is { } address)
            {
                Assert.True(given.Add(address));
                Assert.True(block.Prefix.Contains(address));
            }

            Assert.Equal((int)block.Count, given.Count);
            Assert.DoesNotContain(block.Gateway, given);
            Assert.DoesNotContain(block.Prefix.First, given);
            Assert.DoesNotContain(block.Prefix.Last, given);
        }, iter: 50);
    }
}
