using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>
/// What turns one cluster state into another. Sorted by key within each kind, so that the same two states always give the same
/// list, whatever way the second was made.
/// </summary>
public static class StateDiff
{
    /// <summary>The changes in the order <see cref="PostPlan.Changes"/> promises.</summary>
    /// <param name="before">What is there.</param>
    /// <param name="after">What shall be there.</param>
    public static ImmutableArray<StateChange> Compute(ClusterState before, ClusterState after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var hosts = Differing(before.Hosts, after.Hosts, StringComparer.Ordinal);
        var tenants = Differing(before.Tenants, after.Tenants, StringComparer.Ordinal);
        var networks = Differing(before.Networks, after.Networks, Comparer<NetworkId>.Default);
        var policies = Differing(before.Policies, after.Policies, Comparer<TenantedName>.Default);
        var groups = Differing(before.Groups, after.Groups, Comparer<TenantedName>.Default);
        var endpoints = Differing(before.Endpoints, after.Endpoints, Comparer<EndpointId>.Default);
        var leases = Differing(before.Leases, after.Leases, Comparer<NetworkId>.Default);
        var containers = Differing(before.Containers, after.Containers, StringComparer.Ordinal);
        return
        [
            .. hosts.Where(d => d.IsPut).Select(d => new StateChange.PutHost(d.Now!, d.Old)),
            .. tenants.Where(d => d.IsPut).Select(d => new StateChange.PutTenant(d.Now!, d.Old)),
            .. networks.Where(d => d.IsPut).Select(d => new StateChange.PutNetwork(d.Now!, d.Old)),
            .. policies.Where(d => d.IsPut).Select(d => new StateChange.PutPolicy(d.Now!, d.Old)),
            .. groups.Where(d => d.IsPut).Select(d => new StateChange.PutGroup(d.Now!, d.Old)),
            .. endpoints.Where(d => d.IsPut).Select(d => new StateChange.PutEndpoint(d.Now!, d.Old)),
            .. containers.Where(d => d.IsPut).Select(d => new StateChange.PutContainer(d.Now!, d.Old)),
            .. endpoints.Where(d => d.Now is { Host.Length: > 0 } && (d.Old?.Host != d.Now.Host || d.Old.AttachUuid != d.Now.AttachUuid))
                .Select(d => new StateChange.PutHome(d.Now!.Host, d.Now.Id, d.Now.AttachUuid)),
            .. endpoints.Where(d => d.Old is { Host.Length: > 0 } && d.Old.Host != d.Now?.Host)
                .Select(d => new StateChange.DeleteHome(d.Old!.Host, d.Old.Id)),
            .. containers.Where(d => !d.IsPut).Select(d => new StateChange.DeleteContainer(d.Old!)),
            .. endpoints.Where(d => !d.IsPut).Select(d => new StateChange.DeleteEndpoint(d.Old!)),
            .. groups.Where(d => !d.IsPut).Select(d => new StateChange.DeleteGroup(d.Old!)),
            .. policies.Where(d => !d.IsPut).Select(d => new StateChange.DeletePolicy(d.Old!)),
            .. leases.Where(d => !d.IsPut).Select(d => new StateChange.DeleteLeases(d.Old!)),
            .. networks.Where(d => !d.IsPut).Select(d => new StateChange.DeleteNetwork(d.Old!)),
            .. tenants.Where(d => !d.IsPut).Select(d => new StateChange.DeleteTenant(d.Old!)),
            .. hosts.Where(d => !d.IsPut).Select(d => new StateChange.DeleteHost(d.Old!)),
        ];
    }

    private static List<Difference<TRecord>> Differing<TKey, TRecord>(
        IReadOnlyDictionary<TKey, TRecord> before, IReadOnlyDictionary<TKey, TRecord> after, IComparer<TKey> order)
        where TKey : notnull
        where TRecord : class
    {
        if (ReferenceEquals(before, after))
        {
            return [];
        }

        var found = new List<(TKey Key, Difference<TRecord> Difference)>();
        foreach (var (key, now) in after)
        {
            var old = before.GetValueOrDefault(key);
            if (!ReferenceEquals(old, now) && !now.Equals(old))
            {
                found.Add((key, new(old, now)));
            }
        }

        foreach (var (key, old) in before)
        {
            if (!after.ContainsKey(key))
            {
                found.Add((key, new(old, null)));
            }
        }

        found.Sort((left, right) => order.Compare(left.Key, right.Key));
        return found.ConvertAll(f => f.Difference);
    }

    /// <summary>One record on both sides; at least one is there.</summary>
    private readonly record struct Difference<TRecord>(TRecord? Old, TRecord? Now)
        where TRecord : class
    {
        public bool IsPut => Now is not null;
    }
}
