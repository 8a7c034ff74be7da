using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>A pod's link as it should be.</summary>
/// <param name="Attachment">The attachment's node-local number, never reused; names the host side.</param>
/// <param name="Alias">Alias of the host side, cut to the kernel's 255 bytes: <see cref="LinkNames.AliasPrefix"/>, sandbox, interface, tenant/network/container.</param>
/// <param name="PodInterface">Name of the pod's side, at most 15 bytes.</param>
/// <param name="Mac">Ethernet address of the pod's side.</param>
/// <param name="Mtu">MTU of both sides in bytes.</param>
/// <param name="Addresses">The pod's addresses, each with its subnet's prefix length.</param>
/// <param name="Routes">Routes beside those to the addresses' own subnets.</param>
public sealed record EndpointLinkSpec(
    ulong Attachment,
    string Alias,
    string PodInterface,
    MacAddress Mac,
    int Mtu,
    IReadOnlyList<IpPrefix> Addresses,
    IReadOnlyList<PodRoute> Routes)
{
    /// <summary>The host side's name.</summary>
    public string HostInterface => LinkNames.ForAttachment(Attachment);
}
