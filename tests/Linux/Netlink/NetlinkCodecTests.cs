using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Links;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Netlink;

/// <summary>Literal bytes are those of a little-endian machine, as both architectures netplugin runs on are.</summary>
public sealed class NetlinkCodecTests
{
    [Fact]
    public void A_message_is_laid_out_byte_for_byte()
    {
        var buffer = new byte[128];
        var writer = new NetlinkWriter(buffer, NetlinkType.SetLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge, 0x01020304);
        writer.Put(new LinkHeader { Index = 7, Flags = 1, Change = 1 });
        writer.PutString(3, "eth0");
        var nested = writer.BeginNested(18);
        writer.PutU8(8, 1);
        writer.PutU16BigEndian(15, 4789);
        writer.EndNested(nested);
        writer.PutFlag(9);
        writer.Finish();

        Assert.Equal(
            """
            44-00-00-00 13-00 05-00 04-03-02-01 00-00-00-00
            00 00 00-00 07-00-00-00 01-00-00-00 01-00-00-00
            09-00 03-00 65-74-68-30-00 00-00-00
            14-00 12-80 05-00 08-00 01 00-00-00 06-00 0F-00 12-B5 00-00
            04-00 09-00
            """.Replace(' ', '-').Replace('\n', '-'),
            BitConverter.ToString(buffer, 0, writer.Length));
    }

    [Fact]
    public void A_pods_address_is_written_as_the_kernel_wants_it()
    {
        var batch = new NetlinkBatch();
        AddressMessages.Add(batch, new IfIndex(5), IpPrefix.Parse("10.1.2.3/24"));
        AddressMessages.Add(batch, new IfIndex(5), IpPrefix.Parse("fd00::2/64"));

        Assert.Equal(
            """
            28-00-00-00 14-00 01-06 01-00-00-00 00-00-00-00
            02 18 00 00 05-00-00-00 08-00 02-00 0A-01-02-03 08-00 01-00 0A-01-02-03
            48-00-00-00 14-00 05-06 02-00-00-00 00-00-00-00
            0A 40 00 00 05-00-00-00
            14-00 02-00 FD-00-00-00-00-00-00-00-00-00-00-00-00-00-00-02
            14-00 01-00 FD-00-00-00-00-00-00-00-00-00-00-00-00-00-00-02
            08-00 08-00 02-00-00-00
            """.Replace(' ', '-').Replace('\n', '-'),
            BitConverter.ToString(batch.Seal(1).ToArray()));
    }

    [Fact]
    public void Whatever_is_written_is_read_back() =>
        Gen.Select(Gen.UShort[1, 0x3fff], Gen.Byte.Array[0, 60]).List[0, 8].Sample(attributes =>
        {
            var buffer = new byte[2048];
            var writer = new NetlinkWriter(buffer, NetlinkType.NewLink, NetlinkFlags.Request);
            writer.Put(new LinkHeader());
            var outer = writer.BeginNested(99);
            foreach (var (type, value) in attributes)
            {
                writer.PutBytes(type, value);
            }

            writer.EndNested(outer);
            writer.Finish();

            var read = new List<(ushort, string)>();
            foreach (var message in new NetlinkMessages(buffer.AsSpan(0, writer.Length)))
            {
                foreach (var attribute in message.AttributesAfter<LinkHeader>())
                {
                    Assert.Equal(99, attribute.Type);
                    foreach (var inner in attribute.Nested)
                    {
                        read.Add((inner.Type, Convert.ToHexString(inner.Value)));
                    }
                }
            }

            Assert.Equal(attributes.Select(attribute => (attribute.Item1, Convert.ToHexString(attribute.Item2))), read);
        });

    [Fact]
    public void No_bytes_whatever_make_the_reader_do_worse_than_refuse_them() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            try
            {
                foreach (var message in new NetlinkMessages(bytes))
                {
                    LinkState.Parse(message);
                    DeviceAddress.Parse(message);
                    RouteState.Parse(message);
                }
            }
            catch (InvalidDataException)
            {
                // The one way to say no.
            }
        });

    [Fact]
    public void Damaged_messages_make_the_reader_do_no_worse_than_refuse_them() =>
        Gen.Select(Gen.Int[0, 127], Gen.Byte).List[0, 6].Sample(damages =>
        {
            var buffer = new byte[128];
            var writer = new NetlinkWriter(buffer, NetlinkType.NewLink, NetlinkFlags.None);
            writer.Put(new LinkHeader());
            writer.PutString(LinkConstants.Name, "np00000000001");
            var info = writer.BeginNested(LinkConstants.Info);
            writer.PutString(LinkConstants.InfoKind, "vxlan");
            var data = writer.BeginNested(LinkConstants.InfoData);
            writer.PutU16BigEndian(LinkConstants.VxlanPort, 4789);
            writer.EndNested(data);
            writer.EndNested(info);
            writer.Finish();
            foreach (var (at, value) in damages)
            {
                buffer[at] = value;
            }

            try
            {
                foreach (var message in new NetlinkMessages(buffer.AsSpan(0, writer.Length)))
                {
                    LinkState.Parse(message);
                }
            }
            catch (InvalidDataException)
            {
                // The one way to say no.
            }
        });

    [Fact]
    public void A_message_that_does_not_fit_is_refused_and_not_cut()
    {
        Assert.Throws<ArgumentException>(() =>
        {
            var writer = new NetlinkWriter(new byte[40], NetlinkType.NewLink, NetlinkFlags.None);
            writer.Put(new LinkHeader());
            writer.PutString(3, "too long a name");
        });
    }
}
