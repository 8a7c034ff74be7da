using System.Text;
using CsCheck;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Tests.Kubernetes.Unit.Follow;

public sealed class LineReaderTests
{
    [Fact]
    public async Task Lines_are_the_same_however_the_stream_is_cut()
    {
        var lines = Gen.OneOf(Gen.String[Gen.Char['a', 'z'], 0, 40], Gen.Int[10_000, 70_000].Select(length => new string('x', length)));
        await Gen.Select(lines.Array[0, 12], Gen.OneOf(Gen.Int[1, 10], Gen.Int[1000, 40_000]).Array[1, 20], Gen.Bool).SampleAsync(async (expected, cuts, endsWhole) =>
        {
            var text = string.Concat(expected.Select(line => line + "\n")) + (endsWhole ? "" : "rest");
            using var stream = new CutStream(Encoding.UTF8.GetBytes(text), cuts);
            var reader = new LineReader(stream);
            var read = new List<string>();
            do
            {
                while (reader.TryTake(out var line))
                {
                    read.Add(Encoding.UTF8.GetString(line));
                }
            }
            while (await reader.FillAsync(CancellationToken.None));

            Assert.Equal(expected, read);
            Assert.Equal(!endsWhole, reader.HasRemainder);
        });
    }

    [Fact]
    public async Task A_line_without_end_is_refused()
    {
        using var stream = new CutStream(new byte[17 << 20], [1 << 20]);
        var reader = new LineReader(stream);

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            while (await reader.FillAsync(CancellationToken.None))
            {
                Assert.False(reader.TryTake(out _));
            }
        });
    }

    /// <summary>Gives at most so many bytes at a time, in turn.</summary>
    private sealed class CutStream(byte[] bytes, int[] cuts) : MemoryStream(bytes)
    {
        private int _turn;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, cuts[_turn++ % cuts.Length])], cancellationToken);
    }
}
