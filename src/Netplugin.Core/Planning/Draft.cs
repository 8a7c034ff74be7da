using System.Collections.Immutable;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The state while a post is worked out, and what was found wrong on the way.</summary>
/// <param name="before">What is posted.</param>
/// <param name="isPartial">True: only a part of the intent could be read.</param>
/// <param name="resource">The custom resource that posts; empty: an intent does.</param>
internal sealed class Draft(ClusterState before, bool isPartial = false, string resource = "")
{
    public string Resource { get; } = resource;

    public ClusterState Before { get; } = before;

    /// <summary>The number this post gets.</summary>
    public long Post { get; } = before.Post.Number + 1;

    public ProblemList Errors { get; } = new();

    public ProblemList Warnings { get; } = new();

    public ImmutableSortedDictionary<string, HostRecord>.Builder Hosts { get; } = before.Hosts.ToBuilder();

    public ImmutableSortedDictionary<string, TenantRecord>.Builder Tenants { get; } = before.Tenants.ToBuilder();

    public ImmutableSortedDictionary<NetworkId, NetworkRecord>.Builder Networks { get; } = before.Networks.ToBuilder();

    public ImmutableDictionary<EndpointId, EndpointRecord>.Builder Endpoints { get; } = before.Endpoints.ToBuilder();

    public ImmutableSortedDictionary<NetworkId, LeasesRecord>.Builder Leases { get; } = before.Leases.ToBuilder();

    public ImmutableSortedDictionary<TenantedName, GroupRecord>.Builder Groups { get; } = before.Groups.ToBuilder();

    public ImmutableSortedDictionary<TenantedName, PolicyRecord>.Builder Policies { get; } = before.Policies.ToBuilder();

    private ImmutableDictionary<string, ContainerRecord>.Builder Containers { get; } = before.Containers.ToBuilder();

    /// <summary>
    /// Adds an error that comes of something absent, or of what was allocated. Where only a part of the intent could be read, what
    /// is absent may stand in the part that could not, so nothing is said.
    /// </summary>
    public void AddUnlessPartial(TextPosition at, string message)
    {
        if (!isPartial)
        {
            Errors.Add(at, message);
        }
    }

    /// <summary>Adds an error that comes of a network's subnet, be it given or allocated.</summary>
    public void AddAbout(NetworkRecord network, TextPosition at, string message)
    {
        if (network.SubnetFromPool)
        {
            AddUnlessPartial(at, message);
        }
        else
        {
            Errors.Add(at, message);
        }
    }

    /// <summary>Adds an endpoint that is not there; its network goes to the end of its container's.</summary>
    public void AddEndpoint(EndpointRecord endpoint)
    {
        Endpoints.Add(endpoint.Id, endpoint);
        Containers[endpoint.Id.Container] = Containers.TryGetValue(endpoint.Id.Container, out var container)
            ? container with { Endpoints = container.Endpoints.Add(endpoint.Id.Network) }
            : new(endpoint.Id.Container, [endpoint.Id.Network]);
    }

    /// <summary>Removes an endpoint that is there.</summary>
    public void RemoveEndpoint(EndpointId id)
    {
        Endpoints.Remove(id);
        if (!Containers.TryGetValue(id.Container, out var container))
        {
            // An index entry that was lost needs no removing.
            return;
        }

        var left = container.Endpoints.Remove(id.Network);
        if (left.IsEmpty)
        {
            Containers.Remove(id.Container);
        }
        else
        {
            Containers[id.Container] = new(id.Container, left);
        }
    }

    /// <summary>
    /// Makes the index that of a whole intent: its containers with their networks in its order. An entry that was lost or
    /// damaged in the store is thereby mended.
    /// </summary>
    public void IndexContainersOf(Intent intent)
    {
        var index = new Dictionary<string, ImmutableArray<NetworkId>>(StringComparer.Ordinal);
        foreach (var (network, _, endpoints) in intent.AllNetworks())
        {
            foreach (var endpoint in endpoints)
            {
                var name = endpoint.Container.Value;
                index[name] = index.TryGetValue(name, out var networks) ? networks.Add(network) : [network];
            }
        }

        Containers.RemoveRange(Containers.Keys.Where(name => !index.ContainsKey(name)).ToArray());
        foreach (var (name, networks) in index)
        {
            if (Containers.GetValueOrDefault(name) is not { } container || !container.Endpoints.SequenceEqual(networks))
            {
                Containers[name] = new(name, networks);
            }
        }
    }

    public PlanResult Finish()
    {
        if (!Errors.IsEmpty)
        {
            return new(null, Errors.ToImmutable());
        }

        var after = new ClusterState(
            new PostRecord(Post), Hosts.ToImmutable(), Tenants.ToImmutable(), Networks.ToImmutable(), Endpoints.ToImmutable(),
            Containers.ToImmutable(), Leases.ToImmutable())
        {
            Groups = Groups.ToImmutable(),
            Policies = Policies.ToImmutable(),
        };
        var changes = StateDiff.Compute(Before, after);
        return new(new(changes.IsEmpty ? Before : after, changes, Warnings.ToImmutable()), []);
    }
}
