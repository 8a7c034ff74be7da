using System.Collections.Immutable;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Services;

/// <summary>
/// All frontends of one node, and what they were made from. An immutable value: <see cref="With"/> makes a changed one, which computes the frontends
/// of the Services that changed and shares everything else. The order in which things became known never matters: endpoints whose Service is not
/// known wait for it, and a Service without endpoints refuses.
/// </summary>
public sealed partial class ServiceTable
{
    private readonly NodePlace _node;
    private readonly ImmutableDictionary<NamespacedName, Entry> _entries;

    // Of each slice or Endpoints object, whose it was when last seen.
    private readonly ImmutableDictionary<NamespacedName, NamespacedName> _services;

    // Of the few frontends that more than one Service claims, those that have them not.
    private readonly ImmutableDictionary<FrontendKey, ImmutableSortedSet<NamespacedName>> _losers;

    private ServiceTable(
        NodePlace node,
        ImmutableDictionary<NamespacedName, Entry> entries,
        ImmutableDictionary<NamespacedName, NamespacedName> services,
        PackedDictionary<FrontendKey, Frontend> frontends,
        PackedDictionary<FrontendKey, NamespacedName> owners,
        ImmutableDictionary<FrontendKey, ImmutableSortedSet<NamespacedName>> losers)
    {
        (_node, _entries, _services, _losers) = (node, entries, services, losers);
        (Frontends, Owners) = (frontends, owners);
    }

    /// <summary>What the node's balancer should hold.</summary>
    public PackedDictionary<FrontendKey, Frontend> Frontends { get; }

    /// <summary>Whose each frontend is.</summary>
    public PackedDictionary<FrontendKey, NamespacedName> Owners { get; }

    /// <summary>
    /// Claims that lost, by frontend, then loser. The API server's own allocation goes before what a controller wrote, and that before what a
    /// Service's author typed: else an external address could take another Service's cluster address. Within a kind the older Service wins, then the
    /// lesser name.
    /// </summary>
    public ImmutableArray<FrontendConflict> Conflicts =>
    [
        .. from contested in _losers
           orderby contested.Key
           from loser in contested.Value
           select new FrontendConflict(contested.Key, Owners[contested.Key], loser),
    ];

    /// <summary>A table of nothing.</summary>
    /// <param name="node">The node it is for.</param>
    public static ServiceTable Empty(NodePlace node) => new(
        node,
        ImmutableDictionary<NamespacedName, Entry>.Empty,
        ImmutableDictionary<NamespacedName, NamespacedName>.Empty,
        new(Comparer<FrontendKey>.Default),
        new(Comparer<FrontendKey>.Default),
        ImmutableDictionary<FrontendKey, ImmutableSortedSet<NamespacedName>>.Empty);

    /// <summary>This table after changes, as if one came after the other.</summary>
    /// <param name="changes">The changes.</param>
    public ServiceTable With(IEnumerable<ServiceChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var input = new Input(_entries.ToBuilder(), _services.ToBuilder());
        foreach (var change in changes)
        {
            input.Apply(change);
        }

        return Recompute(_node, input, input.Touched);
    }

    /// <summary>
    /// The ports of all endpoints of some Services. How an endpoint is does not matter: one that gets no new connections keeps those it has.
    /// </summary>
    /// <param name="services">The Services; one that is not known has none.</param>
    public ImmutableHashSet<FrontendKey> PortsOf(IEnumerable<NamespacedName> services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return
        [
            .. from name in services
               let entry = _entries.GetValueOrDefault(name, Entry.Nothing)
               where entry.Service is not null
               from subset in entry.Endpoints.Values.SelectMany(some => some.Subsets)
               from port in subset.Ports
               from endpoint in subset.Endpoints
               select new FrontendKey(endpoint.Address, port.Port, port.Protocol),
        ];
    }

    /// <summary>This table for the same node at another place: everything is computed again.</summary>
    /// <param name="node">The node.</param>
    public ServiceTable At(NodePlace node) =>
        node == _node ? this : Recompute(node, new(_entries.ToBuilder(), _services.ToBuilder()), _entries.Keys);

    private ServiceTable Recompute(NodePlace node, Input input, IEnumerable<NamespacedName> touched)
    {
        var claimants = new SortedDictionary<FrontendKey, HashSet<NamespacedName>>();
        foreach (var name in touched)
        {
            var old = _entries.TryGetValue(name, out var before) ? before.Claims : [];
            var entry = input.Entries.GetValueOrDefault(name, Entry.Nothing);
            var claims = entry.Service is { } service ? Shared(old, ServiceClaims.Of(service, entry.Endpoints.Values, node)) : [];
            input.Keep(name, entry with { Claims = claims });
            foreach (var (key, _, _) in old)
            {
                Claimants(key);
            }

            foreach (var (key, _, _) in claims)
            {
                Claimants(key).Add(name);
            }
        }

        var frontends = new List<DictionaryEdit<FrontendKey, Frontend>>();
        var owners = new List<DictionaryEdit<FrontendKey, NamespacedName>>();
        var losers = _losers.ToBuilder();
        foreach (var (key, names) in claimants)
        {
            Settle(key, names, input.Entries, frontends, owners, losers);
        }

        return new(
            node, input.Entries.ToImmutable(), input.Services.ToImmutable(), Frontends.With(frontends), Owners.With(owners), losers.ToImmutable());

        // Who claimed a frontend before may claim it still, changed or not.
        HashSet<NamespacedName> Claimants(FrontendKey key)
        {
            if (!claimants.TryGetValue(key, out var names))
            {
                claimants[key] = names = [.. _losers.GetValueOrDefault(key, [])];
                if (Owners.TryGetValue(key, out var owner))
                {
                    names.Add(owner);
                }
            }

            return names;
        }
    }

    private void Settle(
        FrontendKey key,
        HashSet<NamespacedName> names,
        ImmutableDictionary<NamespacedName, Entry>.Builder entries,
        List<DictionaryEdit<FrontendKey, Frontend>> frontends,
        List<DictionaryEdit<FrontendKey, NamespacedName>> owners,
        ImmutableDictionary<FrontendKey, ImmutableSortedSet<NamespacedName>>.Builder losers)
    {
        var claims = (
            from name in names
            let entry = entries.GetValueOrDefault(name, Entry.Nothing)
            from claim in entry.ClaimTo(key)
            orderby claim.Kind, entry.Service!.Created, name
            select (Name: name, claim.Frontend)).ToArray();
        if (claims.Length == 0)
        {
            frontends.Add(new(key));
            owners.Add(new(key));
        }
        else
        {
            if (!Frontends.TryGetValue(key, out var frontend) || !ReferenceEquals(frontend, claims[0].Frontend))
            {
                frontends.Add(new(key, claims[0].Frontend));
            }

            if (!Owners.TryGetValue(key, out var owner) || owner != claims[0].Name)
            {
                owners.Add(new(key, claims[0].Name));
            }
        }

        if (claims.Length > 1)
        {
            losers[key] = [.. claims.Skip(1).Select(claim => claim.Name)];
        }
        else
        {
            losers.Remove(key);
        }
    }

    // What did not change stays the object it was: a diff then sees so at a glance.
    private static ImmutableArray<ServiceClaim> Shared(ImmutableArray<ServiceClaim> old, ImmutableArray<ServiceClaim> claims)
    {
        if (old.IsEmpty)
        {
            return claims;
        }

        var before = old.ToDictionary(claim => claim.Key, claim => claim.Frontend);
        return
        [
            .. claims.Select(claim => before.TryGetValue(claim.Key, out var frontend) && frontend == claim.Frontend
                ? claim with { Frontend = frontend }
                : claim),
        ];
    }

    /// <summary>What is known of one Service.</summary>
    private sealed record Entry(
        ServiceSpec? Service, ImmutableDictionary<NamespacedName, ServiceEndpoints> Endpoints, ImmutableArray<ServiceClaim> Claims)
    {
        public static Entry Nothing { get; } = new(null, ImmutableDictionary<NamespacedName, ServiceEndpoints>.Empty, []);

        public IEnumerable<ServiceClaim> ClaimTo(FrontendKey key) => Claims.Where(claim => claim.Key == key);
    }
}
