using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Core.Resources;

/// <summary>
/// Works out what the <c>Tenant</c> and <c>Network</c> resources of a cluster post. A pure function of the cluster's records and of the resources as they
/// are now: however they came to be so, and however often it is asked, the answer is the same; on what it made it changes nothing.
/// </summary>
/// <remarks>
/// A resource is posted whole or not at all, and one that cannot be holds up no other. Those that are deleted, or are gone, come first: what they gave back
/// can be had in the same post. Then tenants, then networks, the oldest first. Who posted something first has it: records name the resource that posted
/// them, and what an intent or another resource posted is not touched.
/// </remarks>
public sealed class ResourcePlanner
{
    // A sentence is no list: it tells what to begin with.
    private const int MostNamed = 10;
    private readonly ClusterState _before;
    private readonly Dictionary<string, TenantResource> _tenants;
    private readonly Dictionary<string, NetworkResource> _networks;
    private readonly ImmutableSortedDictionary<string, ResourceVerdict>.Builder _tenantVerdicts = NewVerdicts();
    private readonly ImmutableSortedDictionary<string, ResourceVerdict>.Builder _networkVerdicts = NewVerdicts();
    private readonly ImmutableArray<NetworkId>.Builder _awaited = ImmutableArray.CreateBuilder<NetworkId>();
    private readonly ImmutableArray<string>.Builder _problems = ImmutableArray.CreateBuilder<string>();
    private readonly ILookup<string, NetworkRecord> _posted;
    private ClusterState _state;

    private ResourcePlanner(ClusterState current, IEnumerable<TenantResource> tenants, IEnumerable<NetworkResource> networks)
    {
        _before = _state = current;
        _tenants = tenants.ToDictionary(tenant => tenant.Metadata.Name, StringComparer.Ordinal);
        _networks = networks.ToDictionary(network => network.Metadata.Name, StringComparer.Ordinal);
        _posted = current.Networks.Values.Where(network => network.Resource.Length > 0).ToLookup(network => network.Resource, StringComparer.Ordinal);
    }

    /// <summary>Works out the post, and what is to be said of each resource.</summary>
    /// <param name="current">What is posted now.</param>
    /// <param name="tenants">Every Tenant resource there is, each once.</param>
    /// <param name="networks">Every Network resource there is, each once.</param>
    public static ResourcePlan Plan(ClusterState current, IEnumerable<TenantResource> tenants, IEnumerable<NetworkResource> networks)
    {
        ArgumentNullException.ThrowIfNull(current);
        return new ResourcePlanner(current, tenants, networks).Run();
    }

    private static ImmutableSortedDictionary<string, ResourceVerdict>.Builder NewVerdicts() =>
        ImmutableSortedDictionary.CreateBuilder<string, ResourceVerdict>(StringComparer.Ordinal);

    private ResourcePlan Run()
    {
        RemoveNetworks();
        RemoveTenants();
        Judge(_tenants.Values, _tenantVerdicts, Post);
        Judge(_networks.Values, _networkVerdicts, Post);

        // Why a resource is refused may name those that were posted after it.
        Judge(_tenants.Values, _tenantVerdicts, Post, refusedOnly: true);
        Judge(_networks.Values, _networkVerdicts, Post, refusedOnly: true);

        var changes = StateDiff.Compute(_before, _state);
        var after = changes.IsEmpty ? _before : _state with { Post = new(_before.Post.Number + 1) };
        return new(
            new(new(after, changes, []), []), _tenantVerdicts.ToImmutable(), _networkVerdicts.ToImmutable(), _awaited.ToImmutable(), _problems.ToImmutable());
    }

    private static void Judge<T>(
        IEnumerable<T> resources, ImmutableSortedDictionary<string, ResourceVerdict>.Builder verdicts, Func<T, ResourceStatus> post, bool refusedOnly = false)
        where T : CustomResource
    {
        var inOrder = resources
            .Where(resource => !resource.Metadata.IsDeleting && (!refusedOnly || verdicts[resource.Metadata.Name].Status?.Reason == ResourceReasons.Refused))
            .OrderBy(resource => resource.Metadata.Created).ThenBy(resource => resource.Metadata.Name, StringComparer.Ordinal);
        foreach (var resource in inOrder.ToArray())
        {
            verdicts[resource.Metadata.Name] = resource.Metadata.IsHeld ? Told(post(resource)) : new(ResourceStep.Hold, null);
        }
    }

    private static ResourceVerdict Told(ResourceStatus status) => new(ResourceStep.Tell, status);

    private void RemoveNetworks()
    {
        var endpoints = _before.Endpoints.Values.ToLookup(endpoint => endpoint.Id.Network);
        foreach (var network in _networks.Values.Where(network => network.Metadata.IsDeleting))
        {
            _networkVerdicts[network.Metadata.Name] = new(ResourceStep.Release, null);
        }

        foreach (var record in _posted.SelectMany(group => group))
        {
            var resource = _networks.GetValueOrDefault(record.Resource);
            if (resource is { Metadata.IsDeleting: false })
            {
                continue;
            }

            var policies = PoliciesOf(record.Id);
            if (!endpoints[record.Id].Any() && policies.Length == 0)
            {
                _state = _state with { Networks = _state.Networks.Remove(record.Id), Leases = _state.Leases.Remove(record.Id) };
                continue;
            }

            _awaited.Add(record.Id);
            var use = endpoints[record.Id].Any()
                ? $"network {record.Id} has {Describe(endpoints[record.Id])}"
                : $"network {record.Id} has {First(policies, policies.Length)}; it is removed when they are gone (netdcli -del-cfg)";
            if (resource is null)
            {
                _problems.Add($"the Network resource {Quoted.Text(record.Resource)} is gone, but {use}");
            }
            else
            {
                _networkVerdicts[record.Resource] = Told(With(record, Status(resource, false, ResourceReasons.InUse, use)));
            }
        }
    }

    // An intent's groups of a network, and its policies that name the network.
    private string[] PoliciesOf(NetworkId network) =>
    [
        .. _before.Groups.Values.Where(group => group.Id.Network == network).Select(group => $"endpoint group {Quoted.Text(group.Id.Group)}"),
        .. _before.Policies.Values.Where(policy => policy.Rules.Any(rule => rule.Peer.Network == network)).Select(policy => $"a rule in policy {Quoted.Text(policy.Name.Name)}"),
    ];

    private void RemoveTenants()
    {
        foreach (var tenant in _tenants.Values.Where(tenant => tenant.Metadata.IsDeleting))
        {
            _tenantVerdicts[tenant.Metadata.Name] = new(ResourceStep.Release, null);
        }

        foreach (var record in _before.Tenants.Values.Where(tenant => tenant.Resource.Length > 0))
        {
            var resource = _tenants.GetValueOrDefault(record.Resource);
            if (resource is { Metadata.IsDeleting: false })
            {
                continue;
            }

            NetworkRecord[] left = [.. _state.Networks.Values.Where(network => network.Id.Tenant == record.Name)];
            var policies = _state.Policies.Keys.Where(name => name.Tenant == record.Name).ToArray();
            if (left.Length == 0 && policies.Length == 0)
            {
                _state = _state with { Tenants = _state.Tenants.Remove(record.Name) };
                continue;
            }

            var use = left.Length > 0
                ? $"tenant {Quoted.Text(record.Name)} has {Count(left.Length, "network")}: {First(left.Select(Name), left.Length)}; it is removed when they are"
                : $"tenant {Quoted.Text(record.Name)} has {First(policies.Select(name => $"policy {Quoted.Text(name.Name)}"), policies.Length)}; it is removed when they are gone (netdcli -del-cfg)";
            if (resource is null)
            {
                _problems.Add($"the Tenant resource {Quoted.Text(record.Resource)} is gone, but {use}");
            }
            else
            {
                _tenantVerdicts[record.Resource] = Told(Status(resource, false, ResourceReasons.InUse, use));
            }
        }

        static string Name(NetworkRecord network) =>
            network.Resource.Length == 0 ? $"{network.Id} (posted with netdcli)" : $"{network.Id} (Network resource {Quoted.Text(network.Resource)})";
    }

    private ResourceStatus Post(TenantResource tenant)
    {
        var name = tenant.Metadata.Name;
        if (_state.Tenants.TryGetValue(name, out var known) && known.Resource != name)
        {
            return Status(
                tenant, false, ResourceReasons.Conflict,
                $"tenant {Quoted.Text(name)} was posted with netdcli before; remove it there (netdcli -del-cfg), or delete this resource");
        }

        var intent = ResourceIntent.Of(tenant);
        return TryPost(tenant, intent, name, draft => TenantAdditions.Add(draft, intent.Read.Value!, keeps: false))
            ?? Status(tenant, true, ResourceReasons.Posted, $"tenant {Quoted.Text(name)} is posted");
    }

    private ResourceStatus Post(NetworkResource network)
    {
        var (resource, spec) = (network.Metadata.Name, network.Spec);
        var id = new NetworkId(spec.Tenant, spec.Name ?? resource);
        if (_posted[resource].FirstOrDefault(record => record.Id != id) is { } former)
        {
            return With(former, Status(
                network, false, ResourceReasons.Refused,
                $"{(former.Id.Tenant == id.Tenant ? "spec.name" : "spec.tenant")}: this resource posted network {former.Id}, and tenant and name are for life; delete the resource and make another"));
        }

        var known = _state.Networks.GetValueOrDefault(id);
        if (known is not null && known.Resource != resource)
        {
            return Status(network, false, ResourceReasons.Conflict, known.Resource.Length == 0
                ? $"network {id} was posted with netdcli before; remove it there (netdcli -del-cfg), or delete this resource"
                : $"network {id} is that of the Network resource {Quoted.Text(known.Resource)}, which was first; give this one another spec.name, or delete one of them");
        }

        var intent = ResourceIntent.Of(network);
        var status = intent.Read.Succeeded && known is null ? MissingTenant(network) : null;
        status ??= TryPost(network, intent, resource, draft =>
        {
            NetworkAdditions.Add(draft, intent.Read.Value!, isWhole: true);
            if (known is not null && draft.Networks[id].Gateway != known.Gateway)
            {
                // The gateway must be no endpoint's; that looks at every endpoint there is.
                EndpointAdditions.Add(draft, intent.Read.Value!, isWhole: false);
            }
        });
        return _state.Networks.TryGetValue(id, out var record)
            ? With(record, status ?? Status(network, true, ResourceReasons.Posted, string.Create(CultureInfo.InvariantCulture,
                $"network {id} has {(record.Encap == Encap.Vlan ? "VLAN" : "VNI")} {record.Tag} and subnet {record.Subnet.Masked}")))
            : status!;
    }

    private ResourceStatus? MissingTenant(NetworkResource network)
    {
        var tenant = network.Spec.Tenant;
        if (!_state.Tenants.TryGetValue(tenant, out var record))
        {
            return Status(
                network, false, ResourceReasons.TenantMissing,
                $"spec.tenant: there is no tenant {Quoted.Text(tenant)}; make a Tenant resource of that name, or post it with netdcli");
        }

        // A network that came now would keep it.
        return record.Resource.Length > 0 && _tenants.GetValueOrDefault(record.Resource) is not { Metadata.IsDeleting: false }
            ? Status(network, false, ResourceReasons.TenantMissing, $"spec.tenant: tenant {Quoted.Text(tenant)} is being deleted")
            : null;
    }

    /// <summary>Takes a resource into the state; what is wrong when it cannot be.</summary>
    private ResourceStatus? TryPost(CustomResource resource, ResourceIntent intent, string name, Action<Draft> add)
    {
        if (!intent.Read.Succeeded)
        {
            return Status(resource, false, ResourceReasons.Invalid, intent.Explain(intent.Read.Errors));
        }

        // Each is planned as if it were all of the post, whose number is the same for all.
        var draft = new Draft(_state, resource: name);
        add(draft);
        var planned = draft.Finish();
        if (!planned.Succeeded)
        {
            return Status(resource, false, ResourceReasons.Refused, intent.Explain(planned.Errors));
        }

        _state = planned.Plan.After with { Post = _before.Post };
        return null;
    }

    private static ResourceStatus Status(CustomResource resource, bool isReady, string reason, string message) =>
        new(resource.Metadata.Generation, isReady, reason, message);

    private static ResourceStatus With(NetworkRecord record, ResourceStatus status) => status with
    {
        Vni = record.Encap == Encap.Vxlan ? record.Tag : null,
        Vlan = record.Encap == Encap.Vlan ? record.Tag : null,
        Subnet = record.Subnet.Masked.ToString(),
        Gateway = record.Gateway.IsUnspecified ? null : record.Gateway.ToString(),
    };

    private static string Describe(IEnumerable<EndpointRecord> endpoints)
    {
        var sorted = endpoints.OrderBy(endpoint => endpoint.Id.Container, StringComparer.Ordinal).ToLookup(endpoint => endpoint.Binding is not null);
        var (bound, posted) = (sorted[true].ToArray(), sorted[false].ToArray());
        var parts = new List<string>();
        if (bound.Length > 0)
        {
            parts.Add($"{Count(bound.Length, "pod")}: {First(bound.Select(one => $"{one.Id.Container} on {one.Binding!.Host}"), bound.Length)}");
        }

        if (posted.Length > 0)
        {
            parts.Add($"{Count(posted.Length, "endpoint")} without a pod: {First(posted.Select(one => one.Id.Container), posted.Length)}");
        }

        return $"{string.Join(", and ", parts)}; it is removed when they are gone (what an intent posted: netdcli -del-cfg)";
    }

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static string First(IEnumerable<string> names, int count) =>
        string.Join(", ", names.Take(MostNamed)) + (count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {count - MostNamed} more") : "");
}
