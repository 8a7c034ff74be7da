using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Policies;

/// <summary>What the store says.</summary>
internal sealed partial class PolicyFacts
{
    private static readonly PackedDictionary<string, EndpointView> NoRecords = new(StringComparer.Ordinal);

    /// <summary>What the store says now.</summary>
    /// <param name="view">All of it.</param>
    /// <param name="endpoints">Endpoints that may be others than in the view before.</param>
    /// <param name="isAll">True: anything may be another.</param>
    public void SetView(ClusterView view, IEnumerable<EndpointId> endpoints, bool isAll)
    {
        var before = _view;
        _view = view;
        _dueEndpoints.UnionWith(endpoints);
        if (isAll)
        {
            foreach (var network in before.Endpoints.Keys.Union(view.Endpoints.Keys))
            {
                Compare(network, before, view);
            }

            CompareNodes(before, view);
        }

        if (isAll || view.Groups != before.Groups || view.Policies != before.Policies || view.UnreadableGroups != before.UnreadableGroups || view.UnreadablePolicies != before.UnreadablePolicies)
        {
            SetPolicies(PolicyKind.Intent, [.. IntentPolicies.Of(PoliciesOf(view), GroupsOf(view)).Select(policy => new KnownPolicy.OfIntent(policy))]);
        }
    }

    /// <summary>What of the intent cannot be read, and what follows from it.</summary>
    public IEnumerable<PolicyReading> UnreadableIntent() =>
    [
        .. _view.UnreadablePolicies.Select(one => Reading(IdOf(one.Key), one.Value, _view.Policies?.ContainsKey(one.Key) == true
            ? "is enforced as it was before, since its record in the store cannot be read any more"
            : "denies everything of the groups that it is for, since its record in the store cannot be read")),
        .. ClosedGroups(_view).Select(group => Reading(
            IdOf(NameOfClosed(group)), _view.UnreadableGroups[group], "denies everything of who is in the group, since the group's record in the store, which says what policies are for it, cannot be read")),
    ];

    private static IEnumerable<PolicyRecord> PoliciesOf(ClusterView view) =>
    [
        .. view.Policies?.Values.Where(policy => policy.Post <= view.Post) ?? [],
        .. view.UnreadablePolicies.Keys.Where(name => view.Policies?.ContainsKey(name) != true).Concat(ClosedGroups(view).Select(NameOfClosed)).Select(IntentPolicies.Closed),
    ];

    private static IEnumerable<GroupRecord> GroupsOf(ClusterView view) =>
    [
        // Also of networks that are not there, or cannot be read: pods that were attached before may be in the group.
        .. view.Groups?.Values.Where(group => group.Post <= view.Post) ?? [],

        // Which of its tenant's networks it is of is not known either. A name is given once in a tenant, so that nobody else is in a group of that name.
        .. from name in ClosedGroups(view)
           from network in view.Networks?.Keys ?? []
           where network.Tenant == name.Tenant
           select new GroupRecord(new(network, name.Name), [NameOfClosed(name).Name], 0),
    ];

    /// <summary>The groups that cannot be read and never could.</summary>
    private static IEnumerable<TenantedName> ClosedGroups(ClusterView view) => view.UnreadableGroups.Keys.Where(name => view.Groups?.ContainsKey(name) != true);

    // A blank is in no policy's name.
    private static TenantedName NameOfClosed(TenantedName group) => group with { Name = $"group {group.Name}" };

    private static PolicyReading Reading(PolicyId id, string why, string outcome) => new(id, [new("", why)], $"{id} {outcome}");

    private static PolicyId IdOf(TenantedName policy) => new(PolicyKind.Intent, policy.Tenant, policy.Name);

    private void Compare(NetworkId network, ClusterView before, ClusterView now)
    {
        var (was, isNow) = (IsFollowed(before, network), IsFollowed(now, network));
        var (records, next) = (was ? before.Endpoints[network] : NoRecords, isNow ? now.Endpoints[network] : NoRecords);
        if (was != isNow)
        {
            _dueEndpoints.UnionWith((_shown.GetValueOrDefault(network)?.Values ?? Enumerable.Empty<ValueArray<NamespacedName>>())
                .SelectMany(names => names).Select(name => new EndpointId(network, name.ToString())));
        }

        if (ReferenceEquals(records, next) && before.Post == now.Post)
        {
            return;
        }

        // Both are in order.
        using var left = records.GetEnumerator();
        using var right = next.GetEnumerator();
        var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
        while (hasLeft || hasRight)
        {
            var order = !hasLeft ? 1 : !hasRight ? -1 : string.CompareOrdinal(left.Current.Key, right.Current.Key);
            var isSame = order == 0 && left.Current.Value == right.Current.Value && left.Current.Value.Post <= before.Post == right.Current.Value.Post <= now.Post;
            if (!isSame)
            {
                _dueEndpoints.Add(new(network, order <= 0 ? left.Current.Key : right.Current.Key));
            }

            hasLeft = order <= 0 ? left.MoveNext() : hasLeft;
            hasRight = order >= 0 ? right.MoveNext() : hasRight;
        }
    }

    private void CompareNodes(ClusterView before, ClusterView now)
    {
        if (before.Nodes == now.Nodes && before.Hosts == now.Hosts)
        {
            return;
        }

        HashSet<string> otherBlocks = new(StringComparer.Ordinal);
        foreach (var name in (before.Nodes?.Keys ?? []).Union(now.Nodes?.Keys ?? []))
        {
            var (was, isNow) = (before.Nodes?.GetValueOrDefault(name), now.Nodes?.GetValueOrDefault(name));
            if (was != isNow || before.VtepOf(name) != now.VtepOf(name))
            {
                _dueNodes.Add(name);
            }

            if (!(was?.Blocks ?? []).SequenceEqual(isNow?.Blocks ?? []))
            {
                otherBlocks.Add(name);
            }
        }

        if (otherBlocks.Count > 0)
        {
            // Which of their cluster addresses count may be otherwise.
            _dueEndpoints.UnionWith(RecordsWhere(now.Endpoints.Keys, (_, record) => !record.ClusterAddresses.IsEmpty && otherBlocks.Contains(record.BoundHost)));
        }
    }

    /// <summary>The endpoints of networks whose records are as asked.</summary>
    private IEnumerable<EndpointId> RecordsWhere(IEnumerable<NetworkId> networks, Func<NetworkId, EndpointView, bool> isAsked) =>
        from network in networks
        from record in _view.Endpoints.GetValueOrDefault(network) ?? NoRecords
        where isAsked(network, record.Value)
        select new EndpointId(network, record.Key);
}
