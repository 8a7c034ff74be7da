using CsCheck;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Core.Addresses;

public sealed class IpAddrTests
{
    private static readonly Gen<IpAddr> Addresses = Gen.OneOf(
        Gen.UInt.Select(IpAddr.FromV4),
        Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new IpAddr(new UInt128(high, low))));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fd00:1::ffff")]
    [InlineData("2001:db8:1:2:3:4:5:6")]
    public void Canonical_text_is_read_and_shown_alike(string text)
    {
        Assert.Equal(text, IpAddr.Parse(text).ToString());
    }

    [Theory]
    [InlineData("FD00::0001", "fd00::1")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:0a01:0203", "10.1.2.3")]
    public void Other_IPv6_text_is_read_too(string text, string canonical)
    {
        Assert.Equal(canonical, IpAddr.Parse(text).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.1 ")]
    [InlineData("10.0.0")]
    [InlineData("10.1")]
    [InlineData("167772161")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::1/64")]
    [InlineData(":::")]
    public void What_is_no_address_is_refused(string? text)
    {
        Assert.False(IpAddr.TryParse(text, out _));
    }

    [Fact]
    public void IPv4_is_held_mapped_and_keeps_its_own_width()
    {
        var address = IpAddr.Parse("10.1.2.3");
        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes);

        Assert.Equal("00000000000000000000FFFF0A010203", Convert.ToHexString(bytes));
        Assert.True(address.IsV4);
        Assert.Equal(32, address.Width);
        Assert.Equal((UInt128)0x0a010203, address.FamilyBits);
        Assert.Equal(address, IpAddr.FromBytes(bytes));
    }

    [Fact]
    public void Text_bytes_and_the_frameworks_type_round_trip()
    {
        Addresses.Sample(address =>
        {
            Assert.Equal(address, IpAddr.Parse(address.ToString()));
            Assert.Equal(address, IpAddr.From(address.ToIPAddress()));
            var bytes = new byte[16];
            address.WriteBytes(bytes);
            Assert.Equal(address, IpAddr.FromBytes(bytes));
        });
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0", "10.255.255.255")]
    [InlineData("10.1.2.3/32", "10.1.2.3", "10.1.2.3")]
    [InlineData("10.1.2.3/31", "10.1.2.2", "10.1.2.3")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("fd00:1:2::5/48", "fd00:1:2::", "fd00:1:2:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void A_prefix_has_its_ends(string text, string first, string last)
    {
        var prefix = IpPrefix.Parse(text);

        Assert.Equal((first, last), (prefix.First.ToString(), prefix.Last.ToString()));
        Assert.Equal(text, prefix.ToString());
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.0.0.0/")]
    [InlineData("0/24")]
    [InlineData("fd00::/129")]
    [InlineData("/8")]
    [InlineData("")]
    [InlineData(null)]
    public void What_is_no_prefix_is_refused(string? text)
    {
        Assert.False(IpPrefix.TryParse(text, out _));
    }

    [Fact]
    public void A_prefix_holds_what_shares_its_first_bits_and_its_family()
    {
        Gen.Select(Addresses, Addresses, Gen.Int[0, 128]).Sample((inside, other, length) =>
        {
            var prefix = new IpPrefix(inside, Math.Min(length, inside.Width));
            Assert.True(prefix.Contains(inside));
            Assert.True(prefix.Contains(prefix.First) && prefix.Contains(prefix.Last));
            var shares = other.IsV4 == inside.IsV4 && (prefix.HostBits >= 128 || other.Bits >> prefix.HostBits == inside.Bits >> prefix.HostBits);
            Assert.Equal(shares, prefix.Contains(other));
            Assert.Equal(shares, prefix.Overlaps(new(other, other.Width)));
        });
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.1.0.0/16", "10.2.0.0/16", false)]
    [InlineData("::/0", "10.0.0.0/8", false)]
    public void Prefixes_overlap_when_one_holds_the_other(string left, string right, bool expected)
    {
        Assert.Equal(expected, IpPrefix.Parse(left).Overlaps(IpPrefix.Parse(right)));
    }

    [Fact]
    public void A_MAC_address_follows_from_the_IP_address()
    {
        Assert.Equal("02:02:0b:01:00:01", MacAddress.ForEndpoint(IpAddr.Parse("11.1.0.1")).ToString());
        Assert.Equal("02:02:00:00:00:01", MacAddress.Gateway.ToString());
        Addresses.Sample(address =>
        {
            var mac = MacAddress.ForEndpoint(address);
            Assert.Equal(0x02u, (uint)(mac.Bits >> 40) & 3);
            Assert.Equal(mac, MacAddress.Parse(mac.ToString()));
            var bytes = new byte[MacAddress.Size];
            mac.WriteBytes(bytes);
            Assert.Equal(mac, MacAddress.FromBytes(bytes));
        });
    }

    [Theory]
    [InlineData("02:02:0b:01:00")]
    [InlineData("02:02:0b:01:00:0")]
    [InlineData("02:02:0b:01:00:0g")]
    [InlineData("02-02-0b-01-00-01")]
    [InlineData("02:02:0b:01:00:01:02")]
    [InlineData("+2:02:0b:01:00:01")]
    [InlineData(" 2:02:0b:01:00:01")]
    [InlineData(null)]
    public void What_is_no_MAC_address_is_refused(string? text)
    {
        Assert.False(MacAddress.TryParse(text, out _));
    }
}
