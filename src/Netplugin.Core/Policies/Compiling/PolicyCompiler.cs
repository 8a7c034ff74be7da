using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>
/// Compiles all policies of a cluster into what the maps of one node hold. It is told what there is, in any order and as often as one likes, and gives the writes that take the maps from what they
/// held to what they are to hold. Only policies that are for endpoints of this node are compiled, and only what changed is worked out anew.
/// </summary>
/// <remarks>
/// <para>
/// <b>A packet</b> is asked about in each direction that has an endpoint of this node for its subject. The subject has a table. The other end has an identity: that of its address in the packet's
/// plane, else, in the cluster plane, that of the longest block that has the address, else 0. The table's entry for the identity, and without one that for identity 0, is the decision, or
/// names a program; there the longest prefix of protocol and port is the decision. A table other than 0 without an entry for identity 0 denies. So the cost is the same whatever policies there are.
/// </para>
/// <para>
/// Not asked about is what no policy decides: what a pod sends to its own address other than through a Service, and what comes from the node that the endpoint runs on.
/// </para>
/// <para>
/// <b>Changes</b> are applied one by one, in order. First come new reasons, programs and verdicts: those of new tables, which no endpoint has, and those of old tables for new identities, which no
/// address has. Nothing that a packet can meet is changed by them. Then addresses, blocks and endpoints get what they will have from the next generation on, beside what they have; what will go gets
/// what a packet will find without it. Nothing a packet meets is changed by these either, as long as the generation is the former one. Then one write makes it the next one, and with it every packet
/// meets the new state. At last, what only packets of the former generation met is removed. So there are two states, and never one between them: whatever both forbid is never let through, also when
/// labels and policies change together. A packet must read the generation once, for both its ends, and the last part must wait until no program that may have read the former one is running.
/// </para>
/// <para>
/// <b>Room.</b> No write asks more of a map than <see cref="Sizes"/> says. An endpoint for which there is no room keeps the tables that it had, or is closed; see <see cref="Unfit"/>.
/// </para>
/// <para>
/// Tables, identities, programs and reasons are known by their content. Their numbers are this node's own, and one that was ever written is never given again.
/// </para>
/// </remarks>
public sealed partial class PolicyCompiler
{
    private readonly string _node;
    private readonly AtomBook _atoms = new();
    private readonly PolicyBook _policies = new();
    private readonly PodProfiles _profiles = new();
    private readonly AddressBook _addresses = new();
    private readonly TableBook _tables;
    private readonly IdentityBook _identities;
    private readonly Dictionary<EndpointId, EndpointHolder> _endpoints = [];
    private readonly Dictionary<NetworkId, HashSet<EndpointHolder>> _networks = [];
    private readonly Dictionary<string, NodeHolder> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<EndpointId, Subject> _subjects = [];
    private readonly HashSet<Subject> _touchedSubjects = [];
    private readonly SortedDictionary<Subject, UnfitEndpoint> _unfit = new(Comparer<Subject>.Create((left, right) => left.Id.CompareTo(right.Id)));
    private PrefixMap<Identity?> _blocks = new();
    private PrefixMap<Identity?> _written = new();
    private PolicyMapSizes _held;
    private ulong _generation;

    /// <summary>Makes one that knows of nothing.</summary>
    /// <param name="node">This node's name.</param>
    /// <param name="generation">The generation that the maps are in.</param>
    /// <param name="lastNumber">The highest number of a table, identity, program or reason in the maps; all that are given are higher.</param>
    public PolicyCompiler(string node, ulong generation = 0, uint lastNumber = 0)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
        _generation = generation;
        _tables = new(_atoms, lastNumber);
        _identities = new(lastNumber);
    }

    /// <summary>
    /// How many entries the maps have room for; less, while they still have entries of an earlier daemon. Never do they get more than this from one write, though what is old is removed after
    /// what is new was written.
    /// </summary>
    public PolicyMapSizes Sizes { get; set; } = PolicyMapSizes.OfMaps;

    /// <summary>
    /// The endpoints for which there was no room when changes were last taken, in order. Each call that takes changes tries again, so that nothing need be told anew when there is room.
    /// </summary>
    public IReadOnlyCollection<UnfitEndpoint> Unfit => _unfit.Values;

    /// <summary>A policy is there, as it is now.</summary>
    public void Set(NormalPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var former = _policies.Find(policy.Id);
        if (policy.Equals(former))
        {
            return;
        }

        _policies.Set(policy);
        TouchSubjects(former);
        TouchSubjects(policy);
    }

    /// <summary>A policy is not there.</summary>
    public void Remove(PolicyId policy) => TouchSubjects(_policies.Remove(policy));

    /// <summary>An endpoint is there, as it is now.</summary>
    public void Set(PolicyEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (_endpoints.TryGetValue(endpoint.Id, out var former))
        {
            if (former.Endpoint == endpoint)
            {
                return;
            }

            Forget(former);
        }

        var holder = new EndpointHolder(endpoint);
        holder.Profile = endpoint.Pod is { } pod ? _profiles.Join(holder, pod) : null;
        _endpoints[endpoint.Id] = holder;
        ref var network = ref CollectionsMarshal.GetValueRefOrAddDefault(_networks, endpoint.Id.Network, out _);
        (network ??= []).Add(holder);
        _addresses.Add(holder);
        TouchSubject(endpoint.Id, endpoint.Node == _node ? holder : null);
    }

    /// <summary>An endpoint is not there.</summary>
    public void Remove(EndpointId endpoint)
    {
        if (_endpoints.Remove(endpoint, out var former))
        {
            Forget(former);
            TouchSubject(endpoint, null);
        }
    }

    /// <summary>The policies that are for an endpoint, by name.</summary>
    public IEnumerable<PolicyId> PoliciesFor(EndpointId endpoint) =>
        _endpoints.TryGetValue(endpoint, out var holder) ? _policies.For(holder).Select(entry => entry.Policy.Id) : [];

    /// <summary>A node is there, as it is now.</summary>
    /// <param name="node">The node.</param>
    /// <param name="addresses">Its addresses, in the cluster plane.</param>
    public void Set(PolicyNode node, ValueArray<IpAddr> addresses)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (_nodes.TryGetValue(node.Name, out var former) && former.Node == node && former.Told == addresses)
        {
            return;
        }

        RemoveNode(node.Name);
        _addresses.Add(_nodes[node.Name] = new(node, addresses));
    }

    /// <summary>A node is not there.</summary>
    public void RemoveNode(string name)
    {
        if (_nodes.Remove(name, out var former))
        {
            _addresses.Remove(former);
        }
    }

    private void Forget(EndpointHolder former)
    {
        if (former.Profile is { } profile)
        {
            _profiles.Leave(former, profile);
        }

        if (_networks[former.Endpoint.Id.Network].Remove(former) && _networks[former.Endpoint.Id.Network].Count == 0)
        {
            _networks.Remove(former.Endpoint.Id.Network);
        }

        _addresses.Remove(former);
    }

    private void TouchSubjects(NormalPolicy? policy)
    {
        if (policy is null)
        {
            return;
        }

        foreach (var subject in _subjects.Values)
        {
            if (subject.Holder is { } holder && PolicyBook.IsFor(policy, holder))
            {
                _touchedSubjects.Add(subject);
            }
        }
    }

    private void TouchSubject(EndpointId id, EndpointHolder? holder)
    {
        if (!_subjects.TryGetValue(id, out var subject))
        {
            if (holder is null)
            {
                return;
            }

            _subjects[id] = subject = new(id);
        }

        subject.Holder = holder;
        _touchedSubjects.Add(subject);
        if (holder is null)
        {
            // One of the same name that comes is another: it does not go on with what this one had.
            subject.Former = null;
        }
    }

    /// <summary>An endpoint of this node, or one that was.</summary>
    private sealed class Subject(EndpointId id)
    {
        public EndpointId Id { get; } = id;

        /// <summary>Null: it is not there any more.</summary>
        public EndpointHolder? Holder { get; set; }

        /// <summary>Of which tables policies want it to have: ingress, egress, and both for itself. Null when it is not there any more.</summary>
        public TableKey[]? Wanted { get; set; }

        /// <summary>Of which it has in the maps; null when it is closed there, or not there.</summary>
        public TableKey[]? Former { get; set; }

        /// <summary>Of which it is to have; null: closed.</summary>
        public TableKey[]? Keys { get; set; }

        /// <summary>These; null where no policy says anything.</summary>
        public SubjectTable?[]? Tables { get; set; }

        /// <summary>What the maps hold; null: nothing.</summary>
        public SubjectTables? InMaps { get; set; }
    }
}
