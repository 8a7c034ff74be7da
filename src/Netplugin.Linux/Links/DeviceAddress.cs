using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>An address of a device as the kernel reports it.</summary>
/// <param name="Device">The device.</param>
/// <param name="Scope"><c>RT_SCOPE_*</c>, <c>linux/rtnetlink.h</c>; smaller is wider.</param>
/// <param name="Prefix">The address and its subnet's prefix length.</param>
/// <param name="IsLasting">It is in use, and neither one of a few hours nor on its way out.</param>
internal sealed record DeviceAddress(IfIndex Device, byte Scope, IpPrefix Prefix, bool IsLasting)
{
    // linux/if_addr.h: IFA_F_TEMPORARY (of IPv6; the same bit says of IPv4 that it is not the subnet's first), _DADFAILED, _DEPRECATED, _TENTATIVE.
    private const byte NotLasting = 0x01 | 0x08 | 0x20 | 0x40;

    internal static DeviceAddress Parse(NetlinkMessage message)
    {
        var header = message.Read<AddressHeader>();
        var attributes = message.AttributesAfter<AddressHeader>();
        // On a point-to-point link "address" is the other end's and "local" ours; IPv6 sends "local" only then.
        var own = attributes.TryFind(AddressMessages.Local, out var local) ? AddressMessages.Read(local)
            : attributes.TryFind(AddressMessages.Address, out var address) ? AddressMessages.Read(address)
            : IpAddr.Unspecified;
        return new(new(header.Index), header.Scope, new(own, header.PrefixLength), (header.Flags & NotLasting) == 0);
    }
}
