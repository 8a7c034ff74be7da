using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies;

/// <summary>A policy of a tenant's intent, with the groups that it is attached to: everything it says, references resolved.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Name">Its name within the tenant.</param>
/// <param name="Groups">The endpoint groups that name it, in order.</param>
/// <param name="Rules">Its rules in the intent's order.</param>
public sealed record IntentPolicy(string Tenant, string Name, ValueArray<GroupId> Groups, ValueArray<IntentRule> Rules)
{
    /// <summary>Its name among all policies.</summary>
    public PolicyId Id => new(PolicyKind.Intent, Tenant, Name);
}

/// <summary>
/// A rule of an intent's policy: allows or denies what comes from (or goes to) the peer, by the protocol and port. Of the rules that match, those of the highest priority decide,
/// and among these a denying one; what none matches is not decided by the intent.
/// </summary>
/// <param name="RuleId">What the intent calls it.</param>
/// <param name="Direction"><c>in</c> or <c>out</c>.</param>
/// <param name="Priority"><see cref="LowestPriority"/> to <see cref="HighestPriority"/>; the higher goes first.</param>
/// <param name="Peer">From or to whom.</param>
/// <param name="Protocol">By which protocols.</param>
/// <param name="Port">The destination port of TCP, UDP or SCTP; 0: any.</param>
/// <param name="Allow">True: allows; false: denies.</param>
public sealed record IntentRule(
    string RuleId, PolicyDirection Direction, int Priority, IntentPeer Peer, IntentProtocol Protocol, ushort Port, bool Allow)
{
    /// <summary>The lowest priority, and that of a rule that says none.</summary>
    public const int LowestPriority = 1;

    /// <summary>The highest.</summary>
    public const int HighestPriority = 100;

    /// <summary><c>1: in 10 allow tcp/80 from group t/n/web</c>.</summary>
    public override string ToString()
    {
        var isIn = Direction == PolicyDirection.Ingress;
        var port = Port == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{Port}");
        var peer = Peer == IntentPeer.Anybody ? "" : $" {(isIn ? "from" : "to")} {Peer}";
        return string.Create(CultureInfo.InvariantCulture, $"{RuleId}: {(isIn ? "in" : "out")} {Priority} {(Allow ? "allow" : "deny")} {Protocol}{port}{peer}");
    }
}

/// <summary>From or to whom a rule is. What is not given restricts nothing; what is given must all hold.</summary>
/// <param name="Group"><c>FromEndpointGroup</c> or <c>ToEndpointGroup</c>.</param>
/// <param name="Network"><c>FromNetwork</c> or <c>ToNetwork</c>: every endpoint of the network.</param>
/// <param name="Addresses"><c>FromIpAddress</c> or <c>ToIpAddress</c>.</param>
public sealed record IntentPeer(GroupId? Group = null, NetworkId? Network = null, IpPrefix? Addresses = null)
{
    /// <summary>Anybody.</summary>
    public static IntentPeer Anybody { get; } = new();

    /// <summary><c>group t/n/web 10.1.0.0/16</c>, <c>network t/n</c>, <c>anybody</c>.</summary>
    public override string ToString() =>
        this == Anybody ? "anybody"
        : Network is { } network ? $"network {network}"
        : string.Join(' ', ((string?[])[Group is { } group ? $"group {group}" : null, Addresses?.ToString()]).OfType<string>());
}

/// <summary>An IP protocol of a rule: any, one by number, or ICMP of both families.</summary>
/// <param name="Number">IANA's number; null: any, or ICMP.</param>
/// <param name="IsIcmp">True: ICMP and ICMPv6.</param>
public readonly record struct IntentProtocol(byte? Number, bool IsIcmp = false)
{
    /// <summary>Every protocol.</summary>
    public static IntentProtocol Any => default;

    /// <summary>ICMP in IPv4 and ICMPv6 in IPv6.</summary>
    public static IntentProtocol Icmp => new(null, true);

    /// <summary>As an intent writes it; <c>any</c> for every protocol.</summary>
    public override string ToString() => (IsIcmp, Number) switch
    {
        (true, _) => "icmp",
        (_, null) => "any",
        (_, (byte)TransportProtocol.Tcp) => "tcp",
        (_, (byte)TransportProtocol.Udp) => "udp",
        (_, (byte)TransportProtocol.Sctp) => "sctp",
        (_, var number) => number.Value.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>Names an endpoint group: a part of a network's endpoints.</summary>
/// <param name="Network">The network.</param>
/// <param name="Group">The group's name; no two groups of a tenant share one.</param>
public readonly record struct GroupId(NetworkId Network, string Group) : IComparable<GroupId>
{
    /// <inheritdoc/>
    public int CompareTo(GroupId other) => Network.CompareTo(other.Network) is not 0 and var order ? order : string.CompareOrdinal(Group, other.Group);

    /// <summary><c>tenant/network/group</c>.</summary>
    public override string ToString() => $"{Network}/{Group}";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(GroupId left, GroupId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(GroupId left, GroupId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(GroupId left, GroupId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(GroupId left, GroupId right) => left.CompareTo(right) >= 0;
}
