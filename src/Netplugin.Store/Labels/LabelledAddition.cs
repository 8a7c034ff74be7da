using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Store.Labels;

/// <summary>What an endpoint is to have of what its node else chooses.</summary>
/// <param name="Address">Its address; unspecified: a free one.</param>
/// <param name="Mac">Its Ethernet address; <see cref="MacAddress.None"/>: that which goes with its address.</param>
public readonly record struct EndpointChoice(IpAddr Address, MacAddress Mac)
{
    /// <summary>True when anything is asked for.</summary>
    public bool IsFixed => !Address.IsUnspecified || Mac != MacAddress.None;

    /// <summary>The Ethernet address that goes with an address.</summary>
    public MacAddress MacFor(IpAddr address) => Mac == MacAddress.None ? MacAddress.ForEndpoint(address) : Mac;

    /// <summary>True for what is as asked for.</summary>
    public bool IsMetBy(IpAddr address, MacAddress mac) => (Address.IsUnspecified || Address == address) && MacFor(address) == mac;
}

/// <summary>What became of a pod that is to have a network by labels or its annotation.</summary>
/// <param name="Endpoint">Its endpoint, bound; null when it gets none.</param>
/// <param name="Network">The network; null when the pod gets none of it.</param>
/// <param name="Revision">The store's revision of the endpoint's record; 0 without one.</param>
/// <param name="Refusal">Why it gets none; null when it has one.</param>
public sealed record LabelledAddition(EndpointRecord? Endpoint, NetworkRecord? Network, long Revision, LabelRefusal? Refusal);

/// <summary>Why a pod does not get the network that its labels or its annotation name.</summary>
/// <param name="Reason">Which rule refused.</param>
/// <param name="Message">A sentence for the operator.</param>
public sealed record LabelRefusal(LabelRefusalReason Reason, string Message);

/// <summary>Which rule refused a pod.</summary>
public enum LabelRefusalReason
{
    /// <summary>There is no such network.</summary>
    NoNetwork,

    /// <summary>It is a VLAN network, and nodes carry VXLAN networks.</summary>
    Vlan,

    /// <summary>An intent has posted a container of the name that the pod's endpoint would have.</summary>
    Posted,

    /// <summary>No address of the network is free to lease.</summary>
    Exhausted,

    /// <summary>The address or the Ethernet address that is asked for cannot be had.</summary>
    Unavailable,
}
