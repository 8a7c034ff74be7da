using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
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
        var asked = new PlaneAddress(plane, address);
        return EndsAt(new HashSet<PlaneAddress> { asked })[asked];
    }

    /// <summary>The same of many, for the cost of one.</summary>
    public Dictionary<PlaneAddress, AttemptEnd> EndsAt(IReadOnlySet<PlaneAddress> asked)
    {
        var found = asked.ToDictionary(one => one, one => (AttemptEnd)new AttemptEnd.Outside(one.Address));
        foreach (var node in _nodes.Keys.Union(_view.Nodes?.Keys ?? [], StringComparer.Ordinal).Select(NodeOf).OfType<PolicySetting.NodeIs>())
        {
            foreach (var address in node.Addresses.Where(address => asked.Contains(new(NetworkId.ClusterDefault, address))))
            {
                found[new(NetworkId.ClusterDefault, address)] = new AttemptEnd.OfNode(node.Node, address);
            }
        }

        var pods = _pods.Values.Where(pod => pod.Addresses.Any(address => asked.Contains(new(NetworkId.ClusterDefault, address)))).SelectMany(pod => IdsOf(pod.Name, pod));

        // A cluster address may be of an endpoint of any network.
        NetworkId[] planes = [.. asked.Select(one => one.Plane).Distinct()];
        var records = RecordsWhere(planes.Contains(NetworkId.ClusterDefault) ? _view.Endpoints.Keys : planes, (network, record) =>
            asked.Contains(new(network, record.Address)) || record.ClusterAddresses.Any(address => asked.Contains(new(NetworkId.ClusterDefault, address))));
        foreach (var endpoint in pods.Concat(records).Concat(_locals.Keys).Distinct().Select(EndpointOf).OfType<PolicyEndpoint>())
        {
            IEnumerable<PlaneAddress> has =
            [
                .. endpoint.Addresses.Select(address => new PlaneAddress(endpoint.Id.Network, address)),
                .. endpoint.ClusterAddresses.Select(address => new PlaneAddress(NetworkId.ClusterDefault, address)),
            ];
            foreach (var one in has.Where(asked.Contains).Where(one => found[one] is not AttemptEnd.OfEndpoint known || endpoint.GoesBefore(known.Endpoint)))
            {
                found[one] = new AttemptEnd.OfEndpoint(endpoint, one.Address);
            }
        }

        return found;
    }
}
