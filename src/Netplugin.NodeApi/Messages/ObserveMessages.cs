namespace Netplugin.NodeApi.Messages;

/// <summary>Which packets an observer wants. What is empty or null restricts nothing; what is given must all hold.</summary>
/// <param name="Pod">Either end's name: <c>namespace/pod</c>, <c>tenant/network/container</c>, or an IP address.</param>
/// <param name="From">The sender's.</param>
/// <param name="To">The receiver's.</param>
/// <param name="Port">Either port.</param>
/// <param name="Protocol">IANA's number; 1 is ICMPv6 too.</param>
/// <param name="Reason">Why it was dropped: the name of a counter of drops, as <c>policy</c>.</param>
/// <param name="Policy">The policy by which: its whole name, or without its kind.</param>
public sealed record ObserveFilter(string Pod = "", string From = "", string To = "", ushort? Port = null, byte? Protocol = null, string Reason = "", string Policy = "");

/// <summary>A packet that a node dropped, or the first of a flow that policies allow.</summary>
/// <param name="Time">When.</param>
/// <param name="Verdict"><c>dropped</c> or <c>allowed</c>.</param>
/// <param name="Reason">Why it was dropped; empty when it was not.</param>
/// <param name="Policy">The policy that decided, or the policies; empty when none did.</param>
/// <param name="Rule">Its rule, or <c>default deny</c>.</param>
/// <param name="Direction"><c>ingress</c> or <c>egress</c> of the end whose policy decided; empty when none did.</param>
/// <param name="Network">The network, as <c>tenant/network</c>; <c>cluster</c> for cluster addresses; its number in the maps when no pod of the node is in it (any more).</param>
/// <param name="Device">The device that it entered by.</param>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver; of a Service's packet the Service.</param>
/// <param name="Backend">Of a Service's packet: where it goes; else null.</param>
/// <param name="Kind"><c>tcp</c>, <c>udp</c>, <c>sctp</c>, <c>icmp</c>, <c>icmpv6</c>, another protocol's number, <c>arp</c>, or an Ethertype as <c>0x88cc</c>; empty when the packet is too short to tell.</param>
/// <param name="Detail">What else the packet's beginning tells, such as TCP's flags.</param>
/// <param name="Length">Its length in bytes, the Ethernet header included.</param>
public sealed record ObservedPacket(
    DateTimeOffset Time, string Verdict, string Reason, string Policy, string Rule, string Direction, string Network, string Device, ObservedEnd From, ObservedEnd To, ObservedEnd? Backend, string Kind,
    string Detail, int Length);

/// <summary>An end of a packet.</summary>
/// <param name="Name"><c>namespace/pod</c> or <c>tenant/network/container</c> of an endpoint, <c>node NAME</c> of a node; empty when the address is none's that is known.</param>
/// <param name="Endpoint">Of an endpoint in a tenant's network <c>tenant/network/container</c>; else empty.</param>
/// <param name="Address">The IP address, or the Ethernet address of what has none; empty when the packet is too short to tell.</param>
/// <param name="Port">The port; null for protocols without, and where it is not in the packet.</param>
public sealed record ObservedEnd(string Name, string Endpoint, string Address, ushort? Port);
