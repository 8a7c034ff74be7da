using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Kubernetes.Objects;

/// <summary>
/// What policies ask of a Pod (core/v1) that has a network of its own and has not ended. Small, since every node knows all pods of the cluster: labels and names that many have are shared.
/// </summary>
/// <param name="Name">Its namespace and name.</param>
/// <param name="RuntimeUid">The uid by which the kubelet and the runtime know it.</param>
/// <param name="Node">The node it is bound to.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Ports">The named ports of its containers.</param>
/// <param name="Addresses">Its addresses as its node's kubelet reported them.</param>
/// <param name="IsInDefaultNetwork">False: its annotation shows interfaces, and none in the default network.</param>
/// <param name="Interfaces">Its interfaces in tenants' networks, as its annotation shows them.</param>
public sealed record PolicedPod(
    NamespacedName Name,
    Guid RuntimeUid,
    string Node,
    Labels Labels,
    ValueArray<NamedPort> Ports,
    PerFamily<IpAddr> Addresses,
    bool IsInDefaultNetwork,
    ValueArray<PodInterface> Interfaces);

/// <summary>A pod's interface in a tenant's network.</summary>
/// <param name="Network">The network.</param>
/// <param name="Address">The first of its addresses there.</param>
/// <param name="HasClusterAddresses">True: the pod's cluster addresses are this interface's too.</param>
/// <param name="Group">The group within the network that labels put the pod into; empty: none.</param>
public readonly record struct PodInterface(NetworkId Network, IpAddr Address, bool HasClusterAddresses, string Group);
