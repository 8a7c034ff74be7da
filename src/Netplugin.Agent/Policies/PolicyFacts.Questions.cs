using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Policies;

/// <summary>What people ask: who somebody is, and what there is to be judged by.</summary>
internal sealed partial class PolicyFacts
{
    /// <summary>This node's name.</summary>
    public string Me => me;

    /// <summary>The policies there are.</summary>
    public IReadOnlyDictionary<PolicyId, KnownPolicy> Policies => _policies;

    /// <summary>The policies as they were read.</summary>
    public PolicySet PolicySet => new(
        [.. _policies.Values.OfType<KnownPolicy.OfNamespace>().Select(one => one.Policy)],
        [.. _policies.Values.OfType<KnownPolicy.OfCluster>().Select(one => one.Policy)],
        [.. _policies.Values.OfType<KnownPolicy.OfIntent>().Select(one => one.Policy)]);

    /// <summary>What is attached here.</summary>
    public IReadOnlyDictionary<EndpointId, LocalEndpoint> Locals => _locals;

    /// <summary>True when the endpoints of a network are known here.</summary>
    public bool Follows(NetworkId network) => network == NetworkId.ClusterDefault || IsFollowed(_view, network);

    /// <summary>The subnet of a network; null: the network is not known.</summary>
    public IpPrefix? SubnetOf(NetworkId network) => network == NetworkId.ClusterDefault ? null : _view.Network(network)?.Subnet;

    /// <summary>The endpoint of a name; null: none is known.</summary>
    public PolicyEndpoint? Find(EndpointId id) => EndpointOf(id);

    /// <summary>The endpoints of a pod, by name.</summary>
    public PolicyEndpoint[] FindPod(NamespacedName name) =>
    [
        .. _locals.Values.Where(local => local.Pod == name).Select(local => local.Id)
            .Concat(_pods.TryGetValue(name, out var pod) ? IdsOf(name, pod).Where(id => EndpointOf(id)?.Pod?.Name == name) : [])
            .Distinct().Order().Select(EndpointOf).OfType<PolicyEndpoint>(),
    ];

    /// <summary>Who has an address in a plane. Of a network that is not followed nobody is known.</summary>
    public AttemptEnd EndAt(NetworkId plane, IpAddr address)
    {
        var isCluster = plane == NetworkId.ClusterDefault;
        var ids = isCluster
            ? _pods.Values.Where(pod => pod.Addresses.Of(address.IsV4) == address).SelectMany(pod => IdsOf(pod.Name, pod))
            : _view.Endpoints.TryGetValue(plane, out var records)
                ? records.Where(record => record.Value.Address == address).Select(record => new EndpointId(plane, record.Key))
                : [];
        return Has(_locals.Keys) ?? Has(ids) ?? (isCluster ? NodeAt(address) : null) ?? (AttemptEnd)new AttemptEnd.Outside(address);

        AttemptEnd? Has(IEnumerable<EndpointId> some) => some
            .Select(EndpointOf)
            .OfType<PolicyEndpoint>()
            .Where(endpoint => isCluster ? endpoint.ClusterAddresses.Contains(address) : endpoint.Id.Network == plane && endpoint.Addresses.Contains(address))
            .Select(endpoint => new AttemptEnd.OfEndpoint(endpoint, address))
            .FirstOrDefault();
    }

    private AttemptEnd.OfNode? NodeAt(IpAddr address) => _nodes.Keys.Union(_view.Nodes?.Keys ?? [], StringComparer.Ordinal)
        .Select(NodeOf)
        .Where(node => node?.Addresses.Contains(address) == true)
        .Select(node => new AttemptEnd.OfNode(node!.Node, address))
        .FirstOrDefault();
}
