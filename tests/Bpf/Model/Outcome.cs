using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>What is to become of a packet, and the frame as it leaves.</summary>
internal abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>Dropped, by the name that operators see.</summary>
    internal sealed record Drop(string Reason) : Outcome;

    /// <summary>Delivered behind a device of this node; <paramref name="Event"/> is what is counted.</summary>
    internal sealed record Local(int Device, uint Network, byte[] Frame, string Event) : Outcome;

    /// <summary>Sent to another node.</summary>
    internal sealed record Tunnel(int Device, uint Network, IpAddr Vtep, byte[] Frame) : Outcome;

    /// <summary>Sent to another node with the outer headers on it, by a device to a neighbour.</summary>
    internal sealed record Direct(int Device, IpAddr NextHop, uint Network, IpAddr Source, IpAddr Vtep, int Ecn, byte[] Frame) : Outcome;

    /// <summary>Left to the host's stack, unchanged.</summary>
    internal sealed record Pass : Outcome;

    /// <summary>Handed to the host's stack as if it had come in by the device, with a mark.</summary>
    internal sealed record Host(int Device, uint Mark, byte[] Frame) : Outcome;

    /// <summary>Answered to the pod it came from.</summary>
    internal sealed record Reply(byte[] Frame, string Event) : Outcome;
}
