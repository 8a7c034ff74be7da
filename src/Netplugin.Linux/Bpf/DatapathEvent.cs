namespace Netplugin.Linux.Bpf;

/// <summary>What the datapath did with packets that it did not drop: <c>enum np_event</c> of <c>bpf/reasons.h</c>.</summary>
public enum DatapathEvent
{
    /// <summary>Handed from a pod to another pod of this node.</summary>
    DeliveredLocal = 0,

    /// <summary>Sent into the tunnel.</summary>
    TunnelledOut = 1,

    /// <summary>Handed to a pod out of the tunnel.</summary>
    TunnelledIn = 2,

    /// <summary>ARP requests answered.</summary>
    ArpAnswered = 3,

    /// <summary>Neighbour solicitations answered.</summary>
    NdAnswered = 4,

    /// <summary>Pings of a gateway answered.</summary>
    PingAnswered = 5,

    /// <summary>"Fragmentation needed" and "packet too big" errors sent.</summary>
    TooBigAnswered = 6,

    /// <summary>Handed to the host's stack, for the node itself or to be routed.</summary>
    ToHost = 7,

    /// <summary>Delivered to a pod of this node for the host's stack.</summary>
    FromHost = 8,

    /// <summary>Refused for a Service that has no endpoint.</summary>
    ServiceRefused = 9,

    /// <summary>Let through by policies, but not remembered, for there is no room: the answer is a flow of its own.</summary>
    Untracked = 10,
}
