using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Agent.Attachments;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Observing;

/// <summary>A packet as the datapath showed it, with what its beginning tells.</summary>
/// <param name="Event">What was shown.</param>
/// <param name="Head">Its beginning.</param>
/// <param name="Sender">The attachment that it entered by; null: it entered from elsewhere.</param>
/// <param name="Plane">The plane of its addresses; null: the network is not known here.</param>
internal sealed record SeenPacket(FlowEvent Event, PacketHead Head, Attachment? Sender, NetworkId? Plane)
{
    /// <summary>Puts one together.</summary>
    /// <param name="shown">What was shown.</param>
    /// <param name="attachments">What is attached here.</param>
    public static SeenPacket Of(FlowEvent shown, IReadOnlyCollection<Attachment> attachments)
    {
        var head = PacketHead.Parse(shown.Head.AsSpan());
        var sender = attachments.FirstOrDefault(attachment => attachment.Device == shown.Device);

        // A packet that is dropped before its network is known has the cluster's number.
        NetworkId? plane = shown.Network != DatapathState.Cluster ? attachments.FirstOrDefault(attachment => attachment.DatapathId == shown.Network)?.Endpoint.Network
            : sender is { IsInDefaultNetwork: false } && head.From is { } from && sender.Addresses.Any(own => own.Address == from) ? sender.Endpoint.Network
            : NetworkId.ClusterDefault;
        return new(shown, head, sender, plane);
    }

    /// <summary>The addresses whose owners are to be found.</summary>
    public IEnumerable<PlaneAddress> Addresses() => Plane is not { } plane ? [] : ((IpAddr?[])[Head.From, Head.To, Event.Target.IsUnspecified ? null : Event.Target])
        .OfType<IpAddr>().Select(address => new PlaneAddress(plane, address));
}

/// <summary>Tells a packet in words.</summary>
internal static class PacketText
{
    /// <summary>What packets of the cluster plane have in the place of a network.</summary>
    public const string Cluster = "cluster";

    /// <summary>Tells one.</summary>
    /// <param name="seen">The packet.</param>
    /// <param name="owners">Who has which address; who is not there is not known.</param>
    /// <param name="pods">This node's pods.</param>
    /// <param name="reasonOf">What a number of the policies' reasons means; null: it is an earlier daemon's.</param>
    /// <param name="time">When it was.</param>
    public static ObservedPacket Of(
        SeenPacket seen, IReadOnlyDictionary<PlaneAddress, AttemptEnd> owners, ImmutableDictionary<PodKey, Pod> pods, Func<uint, PolicyReason?> reasonOf, DateTimeOffset time)
    {
        var (shown, head) = (seen.Event, seen.Head);
        var isDrop = shown.Kind == FlowEventKind.Drop;

        // A packet may have passed the policies and been dropped for something else.
        var isDecided = shown.PolicyReason != 0 && (!isDrop || shown.Reason == DropReason.Policy);
        var reason = isDecided ? reasonOf(shown.PolicyReason) : null;
        var rule = reason?.RuleText ?? (isDecided ? string.Create(CultureInfo.InvariantCulture, $"{shown.PolicyReason} of an earlier daemon") : "");
        return new(
            time, isDrop ? "dropped" : "allowed", isDrop ? DatapathCounters.NameOf(shown.Reason) : "", reason?.PolicyText ?? "", rule,
            !isDecided ? "" : shown.Direction == PolicyDirection.Ingress ? "ingress" : "egress",
            seen.Plane is not { } plane ? string.Create(CultureInfo.InvariantCulture, $"{shown.Network}") : plane == NetworkId.ClusterDefault ? Cluster : plane.ToString(),
            seen.Sender?.DeviceName ?? string.Create(CultureInfo.InvariantCulture, $"{shown.Device.Value}"),
            SenderOf(seen, owners, pods), End(seen, head.To, head.Destination, head.ToPort, owners, pods),
            shown.Target.IsUnspecified ? null : End(seen, shown.Target, null, shown.TargetPort == 0 ? null : shown.TargetPort, owners, pods), Kind(head), head.Detail, shown.Length);
    }

    /// <summary>What a protocol is called.</summary>
    public static string ProtocolName(byte protocol) => IpProtocols.NameOf(protocol) ?? protocol.ToString(CultureInfo.InvariantCulture);

    private static string Kind(PacketHead head) => head switch
    {
        { Protocol: { } protocol } => ProtocolName(protocol),
        { Ethertype: PacketHead.Arp } => "arp",
        { Ethertype: { } ethertype } => string.Create(CultureInfo.InvariantCulture, $"0x{ethertype:x4}"),
        _ => "",
    };

    // Who sent it is known by the device, whatever address the packet has.
    private static ObservedEnd SenderOf(SeenPacket seen, IReadOnlyDictionary<PlaneAddress, AttemptEnd> owners, ImmutableDictionary<PodKey, Pod> pods)
    {
        var end = End(seen, seen.Head.From, seen.Head.Source, seen.Head.FromPort, owners, pods);
        return seen.Sender is { } sender ? end with { Name = NameOf(sender.Endpoint, null, pods), Endpoint = EndpointText(sender.Endpoint) } : end;
    }

    private static ObservedEnd End(
        SeenPacket seen, IpAddr? address, MacAddress? mac, ushort? port, IReadOnlyDictionary<PlaneAddress, AttemptEnd> owners, ImmutableDictionary<PodKey, Pod> pods)
    {
        var text = address?.ToString() ?? mac?.ToString() ?? "";
        var owner = seen.Plane is { } plane && address is { } known ? owners.GetValueOrDefault(new(plane, known)) : null;
        return owner switch
        {
            AttemptEnd.OfEndpoint { Endpoint: var endpoint } => new(NameOf(endpoint.Id, endpoint.Pod, pods), EndpointText(endpoint.Id), text, port),
            AttemptEnd.OfNode { Node.Name: var node } => new($"node {node}", "", text, port),
            _ => new("", "", text, port),
        };
    }

    // A pod of this node is known also where there is no Kubernetes.
    private static string NameOf(EndpointId id, PolicyPod? pod, ImmutableDictionary<PodKey, Pod> pods)
    {
        var here = pods.Values.FirstOrDefault(one => one.Attachments.Any(attachment => attachment.Endpoint == id));
        return here is { Namespace.Length: > 0 } ? here.FullName : pod?.Name.ToString() ?? (id.Network == NetworkId.ClusterDefault ? id.Container : id.ToString());
    }

    // Those of the default network have no name of their own.
    private static string EndpointText(EndpointId id) => id.Network == NetworkId.ClusterDefault ? "" : id.ToString();
}
