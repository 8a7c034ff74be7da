using System.Globalization;
using System.Text.Json.Serialization;
using Netdcli.Views;
using Netplugin.Core.Model;

namespace Netdcli.Legacy;

/// <summary>A network as the original printed it.</summary>
/// <param name="Id">The network's name.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="PktTagType"><c>vxlan</c> or <c>vlan</c>.</param>
/// <param name="PktTag">The VLAN id; 0 for VXLAN, which needs no local VLAN here.</param>
/// <param name="ExtPktTag">The VNI; 0 for VLAN.</param>
/// <param name="SubnetIp">The subnet's address.</param>
/// <param name="SubnetLength">The subnet's length.</param>
/// <param name="DefaultGw">The gateway; empty when none was given.</param>
/// <param name="EpCount">How many endpoints.</param>
/// <param name="IpAllocMap">Which addresses are taken, in the original's coding; empty where it has none (see <see cref="AddressBitmap"/>).</param>
internal sealed record LegacyNetwork(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("tenant")] string Tenant,
    [property: JsonPropertyName("pktTagType")] string PktTagType,
    [property: JsonPropertyName("pktTag")] uint PktTag,
    [property: JsonPropertyName("extPktTag")] uint ExtPktTag,
    [property: JsonPropertyName("subnetIP")] string SubnetIp,
    [property: JsonPropertyName("subnetLen")] int SubnetLength,
    [property: JsonPropertyName("defaultGw")] string DefaultGw,
    [property: JsonPropertyName("epCount")] int EpCount,
    [property: JsonPropertyName("ipAllocMap")] string IpAllocMap)
{
    /// <summary>The original's view of a record.</summary>
    public static LegacyNetwork Of(NetworkRecord network, ClusterState state)
    {
        var addresses = state.Endpoints.Values.Where(e => e.Id.Network == network.Id).Select(e => e.Address).ToArray();
        var vxlan = network.Encap == Encap.Vxlan;
        return new(
            network.Id.Network, network.Id.Tenant, ItemsOf.Text(network.Encap), vxlan ? 0 : network.Tag, vxlan ? network.Tag : 0,
            network.Subnet.Address.ToString(), network.Subnet.Length,
            network.Gateway.IsUnspecified ? "" : network.Gateway.ToString(), addresses.Length,
            AddressBitmap.Encode(network.Subnet, addresses));
    }

    /// <summary>The message of the original's log line.</summary>
    public string ToLogMessage() =>
        "network State: \n" + GoStruct.Format(
            ("ID", Id), ("Tenant", Tenant), ("PktTagType", PktTagType), ("PktTag", Number(PktTag)), ("ExtPktTag", Number(ExtPktTag)),
            ("SubnetIP", SubnetIp), ("SubnetLen", SubnetLength.ToString(CultureInfo.InvariantCulture)), ("DefaultGw", DefaultGw),
            ("EpCount", EpCount.ToString(CultureInfo.InvariantCulture)), ("IPAllocMap", IpAllocMap));

    private static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
