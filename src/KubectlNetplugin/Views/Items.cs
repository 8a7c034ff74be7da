using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace KubectlNetplugin.Views;

/// <summary>A pod and its networks.</summary>
/// <param name="Namespace">Its Kubernetes namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Node">The node it is bound to; null while it is not.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="HostNetwork">True: it has the node's own network, and none of netplugin's.</param>
/// <param name="PodIPs">Its addresses as Kubernetes has them.</param>
/// <param name="Interfaces">Its interfaces as its node's netplugin shows them; none before that.</param>
internal sealed record PodItem(
    string Namespace, string Name, string? Node, string Phase, bool HostNetwork, ImmutableArray<string> PodIPs, ImmutableArray<InterfaceItem> Interfaces);

/// <summary>One interface of a pod.</summary>
/// <param name="Network"><c>tenant/network</c>, or <c>default</c>.</param>
/// <param name="Interface">Its name in the pod.</param>
/// <param name="Addresses">Its addresses in that network.</param>
/// <param name="Mac">Its Ethernet address; null = not said.</param>
/// <param name="Mtu">Its MTU in bytes; 0 = not said.</param>
/// <param name="DefaultRoute">True: the pod's default route leads by it.</param>
/// <param name="Vni">The network's VNI; null = not said.</param>
/// <param name="Subnets">The network's subnet; of the default network the node's blocks.</param>
/// <param name="ClusterAddresses">Of a tenant's pod its cluster addresses; none in the default network, whose addresses are such.</param>
/// <param name="Group">The group within the network; null = none.</param>
internal sealed record InterfaceItem(
    string Network, string? Interface, ImmutableArray<string> Addresses, string? Mac, int Mtu, bool DefaultRoute, uint? Vni, ImmutableArray<string> Subnets,
    ImmutableArray<string> ClusterAddresses, string? Group);

/// <summary>A network that pods have.</summary>
/// <param name="Network"><c>tenant/network</c>, or <c>default</c>.</param>
/// <param name="Vni">Its VNI; null = not said.</param>
/// <param name="Subnets">Its subnet; of the default network the nodes' blocks.</param>
/// <param name="Pods">How many pods have it.</param>
/// <param name="Nodes">On how many nodes they are.</param>
internal sealed record NetworkItem(string Network, uint? Vni, ImmutableArray<string> Subnets, int Pods, int Nodes);

/// <summary>A node and its netplugin.</summary>
/// <param name="Name">The node.</param>
/// <param name="Ready">Kubernetes' word for whether pods can be started there.</param>
/// <param name="State">netplugin's state as it was reported last; null = it never was.</param>
/// <param name="Version">netplugin's version there; null = not reported.</param>
/// <param name="Vtep">The node's tunnel address; null = not reported, or none.</param>
/// <param name="Mtu">The MTU of pods' interfaces in bytes; 0 = not reported.</param>
/// <param name="Blocks">The blocks that pods of the default network get their addresses of.</param>
/// <param name="PodCidrs">The pod CIDRs that Kubernetes gave the node.</param>
/// <param name="Problems">What an operator should look at, a sentence each.</param>
internal sealed record NodeItem(
    string Name, bool Ready, string? State, string? Version, string? Vtep, int Mtu, ImmutableArray<string> Blocks, ImmutableArray<string> PodCidrs,
    ImmutableArray<string> Problems)
{
    /// <summary>True when there is nothing to look at.</summary>
    [JsonIgnore]
    public bool IsWell => Ready && State == "ready" && Problems.IsEmpty;
}

/// <summary>The JSON of <c>-o json</c> and <c>-o yaml</c>; scripts depend on its names, so golden tests hold them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ImmutableArray<PodItem>))]
[JsonSerializable(typeof(ImmutableArray<NetworkItem>))]
[JsonSerializable(typeof(ImmutableArray<NodeItem>))]
internal sealed partial class ItemsJsonContext : JsonSerializerContext;
