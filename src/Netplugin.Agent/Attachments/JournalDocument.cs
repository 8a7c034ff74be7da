using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Agent.Attachments;

/// <summary>A pod's file: the same as <see cref="Pod"/> in plain text values, so that an operator can read it and a newer daemon can add to it.</summary>
internal sealed record JournalDocument(
    string Sandbox, string Interface, string Name, string Namespace, string NetworkNamespace, string CniNetwork,
    PodOrigin Origin, bool SeenByRuntime, bool Ended, ImmutableArray<JournalAttachment> Attachments,
    ImmutableArray<JournalHostPort>? HostPorts)
{
    public string? Uid { get; init; }

    public static JournalDocument From(Pod pod) => new(
        pod.Key.Sandbox, pod.Key.Interface, pod.Name, pod.Namespace, pod.NetworkNamespace, pod.CniNetwork, pod.Origin, pod.SeenByRuntime, pod.Ended,
        [.. pod.Attachments.Select(JournalAttachment.From)], pod.HostPorts.IsEmpty ? null : [.. pod.HostPorts.Select(JournalHostPort.From)])
    {
        Uid = pod.Uid.Length > 0 ? pod.Uid : null,
    };

    public Pod ToPod() => new(
        new PodKey(Required(Sandbox, "sandbox"), Required(Interface, "interface")), Required(Name, "name"), Namespace ?? "",
        NetworkNamespace ?? "", CniNetwork ?? "", Origin, SeenByRuntime, Ended,
        Attachments.IsDefault ? [] : [.. Attachments.Select(a => a.ToAttachment())])
    {
        Uid = Uid ?? "",
        HostPorts = HostPorts is { IsDefault: false } ports ? [.. ports.Select(p => p.ToMapping())] : [],
    };

    internal static string Required(string? value, string field) =>
        string.IsNullOrEmpty(value) ? throw new FormatException($"\"{field}\" is missing") : value;
}

/// <summary>One interface in a pod's file.</summary>
internal sealed record JournalAttachment(
    ulong Number, string Interface, string Tenant, string Network, string Container, uint DatapathId, string Address, string Mac,
    string Subnet, string? Gateway, int Device, AttachmentPhase Phase, bool HasDefaultRoute, DateTimeOffset Since,
    long BoundRevision, bool Unposted, JournalAddress? Second, ImmutableArray<JournalAddress>? ClusterAddresses)
{
    public string? Group { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsSecondary { get; init; }

    public static JournalAttachment From(Attachment a) => new(
        a.Number, a.Interface, a.Endpoint.Network.Tenant, a.Endpoint.Network.Network, a.Endpoint.Container, a.DatapathId,
        a.Address.ToString(), a.Mac.ToString(), a.Addresses.First.Subnet.ToString(), JournalAddress.TextOf(a.Addresses.First.Gateway),
        a.Device.Value, a.Phase, a.HasDefaultRoute, a.Since, a.BoundRevision, a.Unposted,
        a.Addresses.Second is { } second ? JournalAddress.From(second) : null,
        a.ClusterAddresses.IsEmpty ? null : [.. a.ClusterAddresses.Select(JournalAddress.From)])
    {
        Group = a.Group,
        IsSecondary = a.IsSecondary,
    };

    public Attachment ToAttachment() => new(
        Number, JournalDocument.Required(Interface, "interface"),
        new EndpointId(
            new NetworkId(JournalDocument.Required(Tenant, "tenant"), JournalDocument.Required(Network, "network")),
            JournalDocument.Required(Container, "container")),
        DatapathId, Read([new JournalAddress(Address, Subnet, Gateway), .. Second is null ? [] : new[] { Second }]),
        MacAddress.Parse(JournalDocument.Required(Mac, "mac")), new IfIndex(Device), Phase, HasDefaultRoute, Since, BoundRevision, Unposted)
    {
        ClusterAddresses = Read(ClusterAddresses ?? []),
        Group = Group,
        IsSecondary = IsSecondary,
    };

    private static PerFamily<InterfaceAddress> Read(ImmutableArray<JournalAddress> addresses)
    {
        InterfaceAddress[] read = [.. addresses.Select(a => a.ToAddress())];
        return read.CountBy(a => a.IsV4).Any(family => family.Value > 1)
            ? throw new FormatException($"of the addresses {string.Join(", ", read)} several are of one family")
            : [.. read];
    }
}

/// <summary>
/// An address of an interface, in a pod's file: the second, of the other family than the first, or a cluster address. Earlier daemons wrote neither.
/// </summary>
internal sealed record JournalAddress(string Address, string Subnet, string? Gateway)
{
    public static JournalAddress From(InterfaceAddress a) => new(a.Address.ToString(), a.Subnet.ToString(), TextOf(a.Gateway));

    public static string? TextOf(IpAddr gateway) => gateway.IsUnspecified ? null : gateway.ToString();

    public InterfaceAddress ToAddress() => new(
        IpAddr.Parse(JournalDocument.Required(Address, "address")), IpPrefix.Parse(JournalDocument.Required(Subnet, "subnet")),
        string.IsNullOrEmpty(Gateway) ? IpAddr.Unspecified : IpAddr.Parse(Gateway));
}

/// <summary>A port of the node that leads to the pod, in a pod's file.</summary>
internal sealed record JournalHostPort(TransportProtocol Protocol, string? HostAddress, ushort HostPort, ushort ContainerPort)
{
    public static JournalHostPort From(CniPortMapping p) =>
        new(p.Protocol, p.HostAddress.IsUnspecified ? null : p.HostAddress.ToString(), p.HostPort, p.ContainerPort);

    public CniPortMapping ToMapping() =>
        new(Protocol, string.IsNullOrEmpty(HostAddress) ? IpAddr.Unspecified : IpAddr.Parse(HostAddress), HostPort, ContainerPort);
}

/// <summary>Source-generated JSON of the daemon's own files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalDocument))]
internal sealed partial class JournalJson : JsonSerializerContext;
