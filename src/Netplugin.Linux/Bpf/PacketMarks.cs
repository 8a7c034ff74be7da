namespace Netplugin.Linux.Bpf;

/// <summary>Bits of a packet's mark by which the programs and the host's rules speak of it: <c>enum np_mark</c> of <c>bpf/np.h</c>.</summary>
[Flags]
public enum PacketMarks
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A program has judged the packet to be the host's.</summary>
    Passed = 0x01000000,

    /// <summary>A pod sent it.</summary>
    Pod = 0x02000000,

    /// <summary>The program at the VXLAN device's egress has judged it to be the pod's behind the device it is sent to.</summary>
    ToPod = 0x04000000,

    /// <summary>A pod of any node sent it, and its network is in the bits of <see cref="Network"/>.</summary>
    Origin = 0x08000000,

    /// <summary>The number of the network that the packet comes from.</summary>
    Network = 0x30ff3fff,
}
