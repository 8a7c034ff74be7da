using System.Runtime.InteropServices;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>A real socket on which the Nth request, counted over all sockets that share <see cref="Faults"/>, is one no kernel knows.</summary>
internal sealed class FaultyWire(INetlinkSocket inner, FaultyWire.Faults faults) : INetlinkSocket
{
    public void Send(ReadOnlySpan<byte> datagram)
    {
        var copy = datagram.ToArray();
        for (var offset = 0; offset < copy.Length;)
        {
            ref var header = ref MemoryMarshal.AsRef<NetlinkHeader>(copy.AsSpan(offset));
            if (faults.NextFails())
            {
                header.Type = ushort.MaxValue;
            }

            offset += (int)((header.Length + 3) & ~3u);
        }

        inner.Send(copy);
    }

    public int Receive(Span<byte> buffer) => inner.Receive(buffer);

    public void Dispose() => inner.Dispose();

    /// <summary>Which request fails.</summary>
    /// <param name="failing">Counted from 1.</param>
    internal sealed class Faults(int failing)
    {
        private int _count;

        /// <summary>True once that request was sent.</summary>
        internal bool Happened => _count >= failing;

        internal bool NextFails() => ++_count == failing;
    }
}
