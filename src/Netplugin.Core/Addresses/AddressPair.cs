namespace Netplugin.Core.Addresses;

/// <summary>At most one address of each family, as the datapath's maps hold them: a place for each, and no order between them.</summary>
/// <param name="V4">The IPv4 address; unspecified: none.</param>
/// <param name="V6">The IPv6 address; unspecified: none.</param>
public readonly record struct AddressPair(IpAddr V4, IpAddr V6)
{
    /// <summary>The addresses in their places; an unspecified one is none.</summary>
    public static AddressPair Of(PerFamily<IpAddr> addresses) => new(addresses.Of(isV4: true) ?? default, addresses.Of(isV4: false) ?? default);
}
