using CsCheck;
using Netplugin.Core.Datapath;

namespace Netplugin.Tests.Core.Datapath;

/// <summary>What the beginning of a frame tells, on literal bytes, and that no bytes do harm.</summary>
public sealed class PacketHeadTests
{
    private const string Macs = "02020b010002 02020b010001";
    private const string V4Ends = "0b010001 0b010002";
    private const string V6Ends = "fd000000000000000000000000000001 fd000000000000000000000000000002";

    [Theory]
    [InlineData("0800 4500003c 00004000 4006 0000", V4Ends, "1092 18eb 00000000 00000000 a002", "11.1.0.1:4242 11.1.0.2:6379 6 SYN")]
    [InlineData("0800 4500003c 00004000 4006 0000", V4Ends, "1092 18eb 00000000 00000000 a012", "11.1.0.1:4242 11.1.0.2:6379 6 SYN ACK")]
    [InlineData("0800 4600003c 00002000 4011 0000", V4Ends, "01020304 0035 0036 0010 0000", "11.1.0.1:53 11.1.0.2:54 17 first fragment")]
    [InlineData("0800 4500003c 000000b9 4011 0000", V4Ends, "0035 0036 0010 0000", "11.1.0.1: 11.1.0.2: 17 later fragment")]
    [InlineData("0800 4500003c 00004000 4001 0000", V4Ends, "0800 0000", "11.1.0.1: 11.1.0.2: 1 echo request")]
    [InlineData("0800 4500003c 00004000 4006 0000", V4Ends, "10", "11.1.0.1: 11.1.0.2: 6 ")]
    [InlineData("0800 4400003c 00004000 4006 0000", V4Ends, "", ": :  malformed")]
    [InlineData("0800 6500003c 00004000 4006 0000", V4Ends, "", ": :  malformed")]
    [InlineData("86dd 60000000 0014 06 40", V6Ends, "1092 18eb 00000000 00000000 a004", "fd00::1:4242 fd00::2:6379 6 RST")]
    [InlineData("86dd 60000000 0014 00 40", V6Ends, "3c00000000000000 1101000000000000 0000000000000000 0035 0036", "fd00::1:53 fd00::2:54 17 ")]
    [InlineData("86dd 60000000 0014 2c 40", V6Ends, "8400000100000001 0035 0036", "fd00::1:53 fd00::2:54 132 first fragment")]
    [InlineData("86dd 60000000 0014 2c 40", V6Ends, "1100000800000001 0035 0036", "fd00::1: fd00::2: 17 later fragment")]
    [InlineData("86dd 60000000 0014 33 40", V6Ends, "1101000000000000 00000000 0035 0036", "fd00::1:53 fd00::2:54 17 ")]
    [InlineData("86dd 60000000 0014 3a 40", V6Ends, "8700 0000", "fd00::1: fd00::2: 58 neighbour solicitation")]
    [InlineData("86dd 60000000 0014 00 40", V6Ends, "3c00", "fd00::1: fd00::2:  truncated")]
    [InlineData("86dd 50000000 0014 06 40", V6Ends, "1092 18eb", ": :  malformed")]
    [InlineData("0806 0001 0800 06 04 0001 02020b010001 0b010001 000000000000 0b010002", "", "", "11.1.0.1: 11.1.0.2:  who has")]
    [InlineData("0806 0001 0800 06 10 0001 02020b010001 0b010001 000000000000 0b010002", "", "", ": :  malformed")]
    [InlineData("88cc 0207", "", "", ": :  ")]
    public void A_frame_tells_its_ends_its_protocol_and_what_else_is_worth_telling(string head, string ends, string rest, string told)
    {
        var read = PacketHead.Parse(Bytes(Macs + head + ends + rest));

        Assert.Equal(told, $"{read.From}:{read.FromPort} {read.To}:{read.ToPort} {read.Protocol} {read.Detail}");
        Assert.Equal(("02:02:0b:01:00:01", "02:02:0b:01:00:02"), ($"{read.Source}", $"{read.Destination}"));
    }

    [Fact]
    public void What_is_shorter_than_an_Ethernet_header_tells_nothing() =>
        Assert.Equal(new PacketHead(null, null, null, null, null, null, null, null, "truncated"), PacketHead.Parse(new byte[13]));

    [Fact]
    public void No_bytes_do_harm_and_a_longer_beginning_tells_no_other_ends() =>
        Gen.Select(Gen.OneOf<ushort>(PacketHead.IpV4, PacketHead.IpV6, PacketHead.Arp), Gen.OneOf<byte>(0x45, 0x46, 0x4f, 0x60), Gen.OneOf<byte>(0, 6, 43, 44, 51, 60), Gen.Byte.Array[0, 80]).Sample(
            (ethertype, version, next, bytes) =>
            {
                byte[] frame = [.. new byte[12], (byte)(ethertype >> 8), (byte)ethertype, version, .. bytes];
                if (frame.Length > 20)
                {
                    frame[20] = next;
                }

                var whole = PacketHead.Parse(frame);
                for (var length = 0; length < frame.Length; length++)
                {
                    var read = PacketHead.Parse(frame.AsSpan(0, length));
                    Assert.True(read.From is null || read.From == whole.From);
                    Assert.True(read.ToPort is null || read.ToPort == whole.ToPort);
                    Assert.True(read.Protocol is null || read.ToPort is null || read.Protocol == whole.Protocol);
                }
            },
            iter: 20_000);

    private static byte[] Bytes(string hexadecimal) => Convert.FromHexString(hexadecimal.Replace(" ", "", StringComparison.Ordinal));
}
