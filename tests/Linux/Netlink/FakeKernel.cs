using System.Runtime.InteropServices;
using System.Text;
using Netplugin.Linux;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Netlink;

/// <summary>The other end of the wire: answers each send with datagrams a test wrote, and keeps what was sent.</summary>
internal sealed class FakeKernel : INetlinkSocket
{
    private readonly Queue<Func<uint, byte[]>> _answers = [];
    private uint _first;

    internal List<byte[]> Sent { get; } = [];

    internal bool IsDisposed { get; private set; }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        Sent.Add(datagram.ToArray());
        _first = MemoryMarshal.Read<NetlinkHeader>(datagram).Sequence;
    }

    public int Receive(Span<byte> buffer)
    {
        var answer = _answers.TryDequeue(out var make) ? make(_first) : throw new InvalidOperationException("the conversation waits for more than was sent");
        answer.CopyTo(buffer);
        return answer.Length;
    }

    public void Dispose() => IsDisposed = true;

    /// <summary>Queues one datagram; its messages' sequence numbers count from the batch's first.</summary>
    internal FakeKernel Answers(params Func<uint, byte[]>[] messages)
    {
        _answers.Enqueue(first => [.. messages.SelectMany(message => message(first))]);
        return this;
    }

    internal FakeKernel Fails(int errno)
    {
        _answers.Enqueue(_ => throw new KernelException("receive from", "netlink", errno));
        return this;
    }

    /// <summary>An error or, for 0, an acknowledgement.</summary>
    internal static Func<uint, byte[]> Error(int step, int errno, string? text = null, bool capped = true) => first =>
    {
        const ushort Text = 1;
        var flags = (NetlinkFlags)((capped ? 0x100 : 0) | (text is null ? 0 : 0x200));
        var buffer = new byte[512];
        var writer = new NetlinkWriter(buffer, NetlinkType.Error, flags, first + (uint)step);
        writer.Put(-errno);
        writer.Put(new NetlinkHeader { Length = capped ? 16u : 24u, Type = NetlinkType.NewLink, Sequence = first + (uint)step });
        if (!capped)
        {
            writer.Put(0xdeadbeef_deadbeefUL);
        }

        if (text is not null)
        {
            writer.PutBytes(Text, Encoding.UTF8.GetBytes(text + "\0"));
        }

        writer.Finish();
        return buffer[..writer.Length];
    };

    /// <summary>An answer that carries a number.</summary>
    internal static Func<uint, byte[]> Data(int step, uint value, NetlinkFlags flags = NetlinkFlags.None) => first =>
    {
        var buffer = new byte[64];
        var writer = new NetlinkWriter(buffer, NetlinkType.NewLink, flags, unchecked(first + (uint)step));
        writer.Put(value);
        writer.Finish();
        return buffer[..writer.Length];
    };

    /// <summary>The end of a dump.</summary>
    internal static Func<uint, byte[]> Done(int errno = 0, NetlinkFlags flags = NetlinkFlags.Multi) => first =>
    {
        var buffer = new byte[64];
        var writer = new NetlinkWriter(buffer, NetlinkType.Done, flags, first);
        writer.Put(-errno);
        writer.Finish();
        return buffer[..writer.Length];
    };
}
