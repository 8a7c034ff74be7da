using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;

namespace Netplugin.Linux.Bpf;

/// <summary>What an observer of packets is shown: <c>enum np_shown</c>.</summary>
public enum FlowEventKind
{
    /// <summary>A packet that was dropped.</summary>
    Drop = 0,

    /// <summary>The first packet of a flow that policies allow.</summary>
    Flow = 1,
}

/// <summary>What is to be shown: <c>enum np_observe</c>.</summary>
[Flags]
public enum FlowEventKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Packets that are dropped.</summary>
    Drops = 1,

    /// <summary>The first packets of flows that policies allow.</summary>
    Flows = 2,
}

/// <summary>The packets that the datapath shows. Safe from any thread.</summary>
public interface IFlowEvents
{
    /// <summary>Has packets shown, by <see cref="TakeEvent"/>, or no more.</summary>
    void Observe(FlowEventKinds kinds);

    /// <summary>The oldest packet that was shown and not taken; null when there is none. What there is no room for is not shown.</summary>
    FlowEvent? TakeEvent();
}

/// <summary>A packet that an observer is shown.</summary>
/// <param name="Time">When, by <c>CLOCK_MONOTONIC</c>.</param>
/// <param name="Kind">What it is shown for.</param>
/// <param name="Reason">Why it was dropped.</param>
/// <param name="PolicyReason">The number of the policies' reason; 0: no policy decided.</param>
/// <param name="Direction">The direction that policies denied; of account where it was dropped by policies.</param>
/// <param name="Network">The network's number.</param>
/// <param name="Device">The device that it entered by.</param>
/// <param name="Length">Its length in bytes, the Ethernet header included.</param>
/// <param name="Target">Where a Service's packet goes; <c>::</c> for any other.</param>
/// <param name="TargetPort">The port there.</param>
/// <param name="Head">Its first bytes, from the Ethernet header on.</param>
public sealed record FlowEvent(
    TimeSpan Time, FlowEventKind Kind, DropReason Reason, uint PolicyReason, PolicyDirection Direction, uint Network, IfIndex Device, int Length,
    IpAddr Target, ushort TargetPort, ImmutableArray<byte> Head);
