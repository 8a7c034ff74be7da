using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Agent.Policies;

/// <summary>What an endpoint or a node is, as follows from the facts.</summary>
internal sealed partial class PolicyFacts
{
    private const char OfPod = '/';

    /// <summary>The endpoint; null: it is not there.</summary>
    private PolicyEndpoint? EndpointOf(EndpointId id) =>
        _locals.TryGetValue(id, out var local) ? OfLocal(local)
        : id.Container.IndexOf(OfPod, StringComparison.Ordinal) is > 0 and var slash ? OfShown(id, new(id.Container[..slash], id.Container[(slash + 1)..]))
        : _view.Endpoint(id) is { } record ? OfRecord(id, record)
        : null;

    private PolicyEndpoint OfLocal(LocalEndpoint local)
    {
        var group = _view.Endpoint(local.Id) is { } record ? record.Group : local.Group;
        return new(local.Id, group, local.Addresses, local.ClusterAddresses, me, hasKubernetes && local.Pod is { } name ? PodOf(name) : null);
    }

    /// <summary>A pod of another node that is in the default network, or in one that is not followed.</summary>
    private PolicyEndpoint? OfShown(EndpointId id, NamespacedName name)
    {
        if (!_pods.TryGetValue(name, out var pod) || pod.Node == me || pod.Addresses.IsEmpty)
        {
            return null;
        }

        if (id.Network == NetworkId.ClusterDefault)
        {
            return pod.IsInDefaultNetwork ? new(id, "", [], pod.Addresses, pod.Node, PodOf(name)) : null;
        }

        return !IsFollowed(_view, id.Network) && InterfaceIn(pod, id.Network) is { HasClusterAddresses: true } shown
            ? new(id, shown.Group, [], pod.Addresses, pod.Node, PodOf(name))
            : null;
    }

    /// <summary>An endpoint of another node in a network that is followed. What is bound here and not attached is not there (any more, or yet).</summary>
    private PolicyEndpoint? OfRecord(EndpointId id, EndpointView record)
    {
        if (record.BoundHost.Length == 0 || record.BoundHost == me)
        {
            return null;
        }

        var pod = PodOf(id, record);
        return new(id, record.Group, [record.Address], ClusterAddressesOf(record), record.BoundHost, pod is null ? null : PodOf(pod.Name));
    }

    /// <summary>Those of the record that are of a block of its node's. What was a block of a node that is gone is another's by now, and so are the addresses.</summary>
    private PerFamily<IpAddr> ClusterAddressesOf(EndpointView record) => !record.ClusterAddresses.IsEmpty && _view.Nodes?.GetValueOrDefault(record.BoundHost) is { } node
        ? [.. record.ClusterAddresses.Where(address => node.Blocks.Any(block => block.Contains(address)))]
        : [];

    private PolicedPod? PodOf(EndpointId id, EndpointView record)
    {
        if (record.Namespace.Length > 0)
        {
            return _pods.GetValueOrDefault(new(record.Namespace, id.Container[(record.Namespace.Length + 1)..]));
        }

        // An intent says no namespace, so that the pod must show the address; and no other pod becomes this one by showing it.
        if (!_shown.TryGetValue(id.Network, out var shown) || !shown.TryGetValue(record.Address, out var names))
        {
            return null;
        }

        foreach (var name in names)
        {
            if (_pods[name] is var pod && pod.Node == record.BoundHost && (name.Name == id.Container || record.AttachUuid.Length > 0))
            {
                return pod;
            }
        }

        return null;
    }

    // A pod that Kubernetes does not show, as one that a kubelet has from a file before its image is there, is one of its namespace without labels.
    private PolicyPod PodOf(NamespacedName name)
    {
        var ofNamespace = _namespaces.GetValueOrDefault(name.Namespace) ?? Labels.None;
        return _pods.TryGetValue(name, out var pod) ? new(pod.Name, pod.Labels, ofNamespace, pod.Ports) : new(name, Labels.None, ofNamespace, []);
    }

    private static PodInterface? InterfaceIn(PolicedPod pod, NetworkId network)
    {
        foreach (var one in pod.Interfaces)
        {
            if (one.Network == network)
            {
                return one;
            }
        }

        return null;
    }

    private static bool IsFollowed(ClusterView view, NetworkId network) => view.Network(network) is not null && view.Endpoints.ContainsKey(network);

    /// <summary>The node; null: nobody knows of it. Its addresses are those that Kubernetes says, and those by which netplugin's nodes and pods know it.</summary>
    private PolicySetting.NodeIs? NodeOf(string name)
    {
        var node = _nodes.GetValueOrDefault(name);
        var record = _view.Nodes?.GetValueOrDefault(name);
        if (node is null && record is null)
        {
            return null;
        }

        IEnumerable<IpAddr> registered = record is null
            ? []
            : [_view.VtepOf(name), record.SecondAddress, .. record.Blocks.Select(block => new AddressBlock(block).Gateway)];
        ValueArray<IpAddr> addresses =
        [
            .. (node?.Addresses ?? []).Concat(registered).Where(address => !address.IsUnspecified).Distinct().Order(),
        ];
        return new(new(name, node?.Labels ?? Labels.None), addresses);
    }
}
