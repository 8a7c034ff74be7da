using System.Runtime.InteropServices;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Agent.Policies;

/// <summary>
/// All that policies ask, put together from who knows it: the store, Kubernetes, and what is attached here. It is told facts in any order and as often as one likes, and gives what a compiler is to be told,
/// of what may be otherwise than before. What it gives follows from the facts alone, and not from the way to them. Not safe for use by several threads.
/// </summary>
/// <remarks>
/// <para>
/// Who says what. Of an endpoint that is attached here, what is attached; its labels are its pod's. Of a network that is followed, the store's records say who is in it, and where; the pod is found by the name that
/// a node gave the record, or by what the pods of that node show. Of pods of other networks only their cluster addresses matter here.
/// </para>
/// <para>
/// Which cluster addresses an endpoint has, its record says, with Kubernetes and without: its node writes them with the binding, before it answers the ADD, and clears them before another pod gets them. They
/// count as long as they are of a block of that node's, for a node that is gone clears nothing. What a pod shows counts for networks that are not followed, and for the default one. Then the addresses are what
/// the pod's kubelet reported: an annotation, which whoever may write to a pod could change, says at most that they are this interface's; and a record that has them too goes before
/// (<see cref="PolicyEndpoint.GoesBefore"/>), as while a pod that has just started shows no network yet.
/// </para>
/// <para>
/// The endpoint of such a pod, and that of a pod of the default network, is called by the pod's namespace and name with a slash between, which no container of an intent has in its name.
/// </para>
/// </remarks>
/// <param name="me">This node's name.</param>
/// <param name="hasKubernetes">False: there is no Kubernetes, and a namespace is only a word.</param>
internal sealed partial class PolicyFacts(string me, bool hasKubernetes)
{
    private readonly Dictionary<NamespacedName, PolicedPod> _pods = [];
    private readonly Dictionary<string, Labels> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, KnownPolicy> _policies = [];

    // Pods that Kubernetes has no more and that are attached here still: they keep what they were.
    private readonly HashSet<NamespacedName> _gone = [];

    // The pods that show an address of a tenant's network, by the network and the address.
    private readonly Dictionary<NetworkId, Dictionary<IpAddr, ValueArray<NamespacedName>>> _shown = [];
    private readonly HashSet<EndpointId> _dueEndpoints = [];
    private readonly HashSet<string> _dueNodes = new(StringComparer.Ordinal);
    private readonly HashSet<PolicyId> _duePolicies = [];
    private Dictionary<EndpointId, LocalEndpoint> _locals = [];
    private ClusterView _view = ClusterView.Unknown;

    /// <summary>How many policies there are of each kind.</summary>
    public Dictionary<PolicyKind, int> CountPolicies() => _policies.Keys.CountBy(id => id.Kind).ToDictionary();

    /// <summary>True when a pod is known as the runtime knows it.</summary>
    /// <param name="name">The pod.</param>
    /// <param name="uid">The uid that the runtime told; empty when it did not.</param>
    public bool Knows(NamespacedName name, Guid uid) => !_gone.Contains(name) && _pods.TryGetValue(name, out var pod) && (uid == Guid.Empty || pod.RuntimeUid == uid);

    /// <summary>True when a namespace is known.</summary>
    public bool KnowsNamespace(string name) => _namespaces.ContainsKey(name);

    /// <summary>A pod as it is now; null: it is not there, or has ended.</summary>
    public void SetPod(NamespacedName name, PolicedPod? pod)
    {
        _pods.TryGetValue(name, out var before);
        if (pod is null && before?.Node == me && _locals.Values.Any(local => local.Pod == name))
        {
            _gone.Add(name);
            return;
        }

        _gone.Remove(name);
        if (pod == before)
        {
            return;
        }

        Due(name, before);
        Show(before, isShown: false);
        if (pod is null)
        {
            _pods.Remove(name);
        }
        else
        {
            _pods[name] = pod;
            Show(pod, isShown: true);
            Due(name, pod);
        }
    }

    /// <summary>All pods there are.</summary>
    public void SetPods(IReadOnlyCollection<PolicedPod> pods)
    {
        foreach (var gone in _pods.Keys.Except(pods.Select(pod => pod.Name)).ToArray())
        {
            SetPod(gone, null);
        }

        foreach (var pod in pods)
        {
            SetPod(pod.Name, pod);
        }
    }

    /// <summary>A namespace's labels; null: it is not there.</summary>
    public void SetNamespace(string name, Labels? labels)
    {
        if (Set(_namespaces, name, labels))
        {
            DueOf([name]);
        }
    }

    /// <summary>All namespaces there are.</summary>
    public void SetNamespaces(IReadOnlyDictionary<string, Labels> all) => DueOf(SetAll(_namespaces, all));

    /// <summary>A node of Kubernetes; null: it is not there.</summary>
    public void SetNode(string name, KnownNode? node)
    {
        if (Set(_nodes, name, node))
        {
            _dueNodes.Add(name);
        }
    }

    /// <summary>All nodes of Kubernetes that there are.</summary>
    public void SetNodes(IReadOnlyDictionary<string, KnownNode> all) => _dueNodes.UnionWith(SetAll(_nodes, all));

    /// <summary>A policy; null: it is not there.</summary>
    public void SetPolicy(PolicyId id, KnownPolicy? policy)
    {
        if (Set(_policies, id, policy))
        {
            _duePolicies.Add(id);
        }
    }

    /// <summary>All policies of a kind that there are.</summary>
    public void SetPolicies(PolicyKind kind, IReadOnlyCollection<KnownPolicy> all)
    {
        foreach (var gone in _policies.Keys.Where(id => id.Kind == kind).Except(all.Select(policy => policy.Id)).ToArray())
        {
            SetPolicy(gone, null);
        }

        foreach (var policy in all)
        {
            SetPolicy(policy.Id, policy);
        }
    }

    /// <summary>All that is attached here.</summary>
    public void SetLocals(IEnumerable<LocalEndpoint> all)
    {
        Dictionary<EndpointId, LocalEndpoint> locals = [];
        foreach (var local in all)
        {
            ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(locals, local.Id, out _);
            newest = newest is null || newest.Number < local.Number ? local : newest;
        }

        _dueEndpoints.UnionWith(_locals.Keys.Where(id => !locals.ContainsKey(id)));
        _dueEndpoints.UnionWith(locals.Values.Where(local => local != _locals.GetValueOrDefault(local.Id)).Select(local => local.Id));
        _locals = locals;
        foreach (var name in _gone.Where(name => !locals.Values.Any(local => local.Pod == name)).ToArray())
        {
            SetPod(name, null);
        }
    }

    /// <summary>What a compiler is to be told, of what may be otherwise than when this was last called. To be gone through whole.</summary>
    public IEnumerable<PolicySetting> Take()
    {
        foreach (var name in _dueNodes)
        {
            yield return NodeOf(name) is { } node ? node : new PolicySetting.NodeGone(name);
        }

        foreach (var id in _dueEndpoints)
        {
            yield return EndpointOf(id) is { } endpoint ? new PolicySetting.EndpointIs(endpoint) : new PolicySetting.EndpointGone(id);
        }

        foreach (var id in _duePolicies)
        {
            yield return _policies.TryGetValue(id, out var policy) ? new PolicySetting.PolicyIs(policy.Normal) : new PolicySetting.PolicyGone(id);
        }

        _dueNodes.Clear();
        _dueEndpoints.Clear();
        _duePolicies.Clear();
    }

    private static bool Set<TKey, TValue>(Dictionary<TKey, TValue> known, TKey key, TValue? value)
        where TKey : notnull
        where TValue : class
    {
        if (value is null)
        {
            return known.Remove(key);
        }

        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(known, key, out _);
        var isNew = !value.Equals(place);
        place = value;
        return isNew;
    }

    /// <summary>The names of what is another now.</summary>
    private static HashSet<string> SetAll<TValue>(Dictionary<string, TValue> known, IReadOnlyDictionary<string, TValue> all)
        where TValue : class =>
        known.Keys.Union(all.Keys, StringComparer.Ordinal).ToArray().Where(name => Set(known, name, all.GetValueOrDefault(name))).ToHashSet(StringComparer.Ordinal);

    private void Show(PolicedPod? pod, bool isShown)
    {
        foreach (var one in pod?.Interfaces ?? [])
        {
            ref var network = ref CollectionsMarshal.GetValueRefOrAddDefault(_shown, one.Network, out _);
            ref var pods = ref CollectionsMarshal.GetValueRefOrAddDefault(network ??= [], one.Address, out _);
            var others = pods.Where(name => name != pod!.Name);
            pods = isShown ? [.. others.Append(pod!.Name).Order()] : [.. others];
            if (pods.IsEmpty && network.Remove(one.Address) && network.Count == 0)
            {
                _shown.Remove(one.Network);
            }
        }
    }

    /// <summary>Says that every endpoint that a pod may be is to be looked at.</summary>
    private void Due(NamespacedName name, PolicedPod? pod)
    {
        if (pod is not null)
        {
            _dueEndpoints.UnionWith(IdsOf(name, pod));
        }
    }

    /// <summary>The same of all pods of some namespaces, for the cost of one.</summary>
    private void DueOf(HashSet<string> namespaces)
    {
        foreach (var pod in _pods.Values.Where(pod => namespaces.Contains(pod.Name.Namespace)))
        {
            Due(pod.Name, pod);
        }

        _dueEndpoints.UnionWith(_locals.Values.Where(local => local.Pod is { } name && namespaces.Contains(name.Namespace)).Select(local => local.Id));
    }

    /// <summary>The endpoints that a pod may be.</summary>
    private IEnumerable<EndpointId> IdsOf(NamespacedName name, PolicedPod pod)
    {
        var ofPod = name.ToString();
        IEnumerable<EndpointId> here = pod.Node == me ? _locals.Values.Where(local => local.Pod == name).Select(local => local.Id) : [];
        return
        [
            new(NetworkId.ClusterDefault, ofPod),
            .. here,
            .. pod.Interfaces.SelectMany(one => (EndpointId[])[new(one.Network, ofPod), .. RecordsOf(name, one)]),
        ];
    }

    private IEnumerable<EndpointId> RecordsOf(NamespacedName name, PodInterface one)
    {
        if (!_view.Endpoints.TryGetValue(one.Network, out var records))
        {
            return [];
        }

        // An operator may have given the endpoint to a container of another name.
        string[] likely = [name.Name, $"{name.Namespace}.{name.Name}"];
        var containers = likely.Where(container => records.TryGetValue(container, out var record) && record.Address == one.Address).ToArray();
        return (containers.Length > 0 ? containers : records.Where(record => record.Value.Address == one.Address).Select(record => record.Key))
            .Select(container => new EndpointId(one.Network, container));
    }
}

/// <summary>What Kubernetes says of a node.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Its addresses.</param>
internal sealed record KnownNode(Labels Labels, ValueArray<IpAddr> Addresses);
