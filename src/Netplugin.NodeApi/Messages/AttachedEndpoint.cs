using System.Collections.Immutable;

namespace Netplugin.NodeApi.Messages;

/// <summary>One interface that a daemon put into a pod of its node.</summary>
/// <param name="Tenant">The network's tenant.</param>
/// <param name="Network">The network.</param>
/// <param name="Container">The endpoint's container (pod) name.</param>
/// <param name="Sandbox">The runtime's sandbox id.</param>
/// <param name="Interface">The interface's name in the pod.</param>
/// <param name="Addresses">Its addresses with prefix lengths.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Vni">The network's VNI; 0 for a network without one.</param>
/// <param name="HostDevice">The host side's device name.</param>
/// <param name="Number">The attachment's number, never used again on this node.</param>
/// <param name="State"><c>attached</c>, <c>attaching</c> or <c>detaching</c>.</param>
/// <param name="AttachedAt">When it was attached.</param>
public sealed record AttachedEndpoint(
    string Tenant,
    string Network,
    string Container,
    string Sandbox,
    string Interface,
    ImmutableArray<string> Addresses,
    string Mac,
    uint Vni,
    string HostDevice,
    ulong Number,
    string State,
    DateTimeOffset AttachedAt);
