using System.Buffers.Binary;
using CsCheck;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Framing;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.K8contivnet.NodeApi;

public sealed class FrameDecoderTests
{
    private static readonly Gen<byte[][]> Payloads = Gen.Byte.Array[1, 300].Array[0, 8];

    [Fact]
    public void Frames_come_out_as_they_went_in_however_the_stream_was_cut() =>
        Gen.Select(Payloads, Gen.Int[1, 700].Array[1, 20]).Sample((payloads, cuts) =>
        {
            var stream = payloads.SelectMany(Framed).ToArray();
            var decoder = new FrameDecoder(300);
            var got = new List<byte[]>();
            for (int at = 0, turn = 0; at < stream.Length; turn++)
            {
                var count = Math.Min(cuts[turn % cuts.Length], stream.Length - at);
                decoder.Append(stream.AsSpan(at, count));
                at += count;
                while (decoder.TryRead(out var frame))
                {
                    got.Add(frame.ToArray());
                }
            }

            return got.Count == payloads.Length && got.Zip(payloads).All(p => p.First.AsSpan().SequenceEqual(p.Second)) && decoder.Buffered == 0;
        });

    [Fact]
    public void Garbage_gives_frames_within_the_limit_or_the_one_exception() =>
        Gen.Byte.Array[0, 2000].Sample(garbage =>
        {
            var decoder = new FrameDecoder(100);
            try
            {
                decoder.Append(garbage);
                while (decoder.TryRead(out var frame))
                {
                    Assert.InRange(frame.Length, 1, 100);
                }
            }
            catch (NodeApiException e)
            {
                Assert.Equal("bad-request", e.Code);
            }
        });

    [Theory]
    [InlineData(0u)]
    [InlineData(101u)]
    [InlineData(0x80000000u)]
    [InlineData(uint.MaxValue)]
    [InlineData(0x47455420u)] // "GET "
    public void A_length_outside_the_limits_is_refused_before_its_bytes_come(uint length)
    {
        var header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);
        var decoder = new FrameDecoder(100);
        decoder.Append(header);

        Assert.Throws<NodeApiException>(() => decoder.TryRead(out _));
    }

    [Fact]
    public void An_announced_length_costs_no_memory_before_its_bytes_come()
    {
        var header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, 64 << 20);

        Assert.InRange(
            Allocations.Of(() =>
            {
                var decoder = new FrameDecoder(64 << 20);
                decoder.Append(header);
                Assert.False(decoder.TryRead(out _));
            }),
            0,
            4096);
    }

    private static byte[] Framed(byte[] payload)
    {
        var whole = new byte[4 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(whole, (uint)payload.Length);
        payload.CopyTo(whole, 4);
        return whole;
    }
}
