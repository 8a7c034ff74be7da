using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary>Several requests that go to the kernel in one send. The kernel handles them in order and goes on past one that fails.</summary>
internal sealed class NetlinkBatch
{
    /// <summary>Room every message finds, in bytes: ours are a few hundred, and nothing in them grows with the cluster.</summary>
    private const int LargestMessage = 2048;

    private readonly List<Step> _steps = [];
    private byte[] _bytes = new byte[2 * LargestMessage];
    private int _length;

    /// <summary>Number of messages.</summary>
    internal int Count => _steps.Count;

    /// <summary>
    /// True when the kernel takes the batch as one transaction between a begin and an end message (nfnetlink). The end is not
    /// acknowledged (older kernels ignore the wish), and an error of the whole is reported as the begin's.
    /// </summary>
    internal bool IsTransaction { get; init; }

    /// <summary>The message whose acknowledgement ends the answer.</summary>
    internal int LastAcknowledged => IsTransaction ? Count - 2 : Count - 1;

    /// <summary>Begins a message; give it back to <see cref="End"/> when it is written.</summary>
    /// <param name="operation">What it does, for <see cref="KernelException.Operation"/>.</param>
    /// <param name="subject">What it does it to.</param>
    /// <param name="type">Message type.</param>
    /// <param name="flags">Flags beside <see cref="NetlinkFlags.Request"/>.</param>
    internal NetlinkWriter Begin(string operation, string subject, ushort type, NetlinkFlags flags = NetlinkFlags.None)
    {
        if (_bytes.Length - _length < LargestMessage)
        {
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        _steps.Add(new(_length, operation, subject));
        return new(_bytes.AsSpan(_length), type, NetlinkFlags.Request | flags);
    }

    /// <summary>Ends the message begun last.</summary>
    internal void End(in NetlinkWriter writer)
    {
        writer.Finish();
        _length += writer.Length;
    }

    /// <summary>What message <paramref name="index"/> does.</summary>
    internal (string Operation, string Subject) Describe(int index) => (_steps[index].Operation, _steps[index].Subject);

    /// <summary>Numbers the messages from <paramref name="first"/> on, asks for an acknowledgement of the last, and gives all bytes.</summary>
    internal ReadOnlySpan<byte> Seal(uint first)
    {
        for (var i = 0; i < _steps.Count; i++)
        {
            ref var header = ref MemoryMarshal.AsRef<NetlinkHeader>(_bytes.AsSpan(_steps[i].Offset));
            header.Sequence = first + (uint)i;
            // A dump is answered by a "done"; anything else that succeeds is answered only when asked to.
            if (i == LastAcknowledged && (header.Flags & NetlinkFlags.Dump) != NetlinkFlags.Dump)
            {
                header.Flags |= NetlinkFlags.Acknowledge;
            }
        }

        return _bytes.AsSpan(0, _length);
    }

    private readonly record struct Step(int Offset, string Operation, string Subject);
}
