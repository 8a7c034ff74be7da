using System.Text.Json.Serialization;
using Netplugin.Core.Model;

namespace Netdcli.Legacy;

/// <summary>An endpoint as the original printed it, its nine fields first and in its order, ours after them.</summary>
/// <param name="Id"><c>network-container</c>.</param>
/// <param name="NetId">The network's name.</param>
/// <param name="ContName">The container.</param>
/// <param name="AttachUuid">The container to attach to instead.</param>
/// <param name="IpAddress">The address, without a length.</param>
/// <param name="PortName">The interface in the container, once bound (the original's <c>portN</c>).</param>
/// <param name="HomingHost">Where it runs, else where it was homed.</param>
/// <param name="IntfName">Always empty: endpoints on a host's own device do not exist here.</param>
/// <param name="VtepIp">Always empty: VTEPs are not endpoints here.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="MacAddress">The Ethernet address.</param>
internal sealed record LegacyEndpoint(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("netID")] string NetId,
    [property: JsonPropertyName("contName")] string ContName,
    [property: JsonPropertyName("attachUUID")] string AttachUuid,
    [property: JsonPropertyName("ipAddress")] string IpAddress,
    [property: JsonPropertyName("portName")] string PortName,
    [property: JsonPropertyName("homingHost")] string HomingHost,
    [property: JsonPropertyName("intfName")] string IntfName,
    [property: JsonPropertyName("VtepIP")] string VtepIp,
    [property: JsonPropertyName("tenant")] string Tenant,
    [property: JsonPropertyName("macAddress")] string MacAddress)
{
    /// <summary>The original's view of a record.</summary>
    public static LegacyEndpoint Of(EndpointRecord endpoint) => new(
        endpoint.Id.Alias, endpoint.Id.Network.Network, endpoint.Id.Container, endpoint.AttachUuid, endpoint.Address.ToString(),
        endpoint.Binding?.Interface ?? "", endpoint.Binding?.Host ?? endpoint.Host, "", "",
        endpoint.Id.Network.Tenant, endpoint.Mac.ToString());

    /// <summary>The message of the original's log line: a Go struct whose blanks are commas, line ends and tabs.</summary>
    public string ToLogMessage() =>
        "endpoint State: \n" + GoStruct.Format(
            ("ID", Id), ("NetID", NetId), ("ContName", ContName), ("AttachUUID", AttachUuid), ("IPAddress", IpAddress),
            ("PortName", PortName), ("HomingHost", HomingHost), ("IntfName", IntfName), ("VtepIP", VtepIp));
}
