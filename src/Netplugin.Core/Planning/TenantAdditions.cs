using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Adds and updates tenants.</summary>
internal static class TenantAdditions
{
    /// <summary>Automatic subnets when <c>AllocSubnetLen</c> is not given: a /24, as the original's command line had it.</summary>
    private const int DefaultLengthV4 = 24;

    /// <summary>A /64 is what IPv6 hosts expect (RFC 4291 section 2.5.1).</summary>
    private const int DefaultLengthV6 = 64;

    public static void Add(Draft draft, Intent intent)
    {
        var kept = draft.Networks.Values.ToLookup(network => network.Id.Tenant, StringComparer.Ordinal);
        foreach (var tenant in intent.Tenants)
        {
            var existing = draft.Tenants.GetValueOrDefault(tenant.Name.Value);
            var pool = tenant.SubnetPool?.Value ?? existing?.SubnetPool;
            var record = new TenantRecord(
                tenant.Name.Value,
                tenant.DefaultEncap?.Value ?? existing?.DefaultEncap ?? Encap.Vxlan,
                pool,
                tenant.AllocSubnetLength?.Value ?? LengthFor(pool, existing),
                tenant.Vlans?.Value ?? existing?.Vlans ?? [],
                tenant.Vxlans?.Value ?? existing?.Vxlans ?? []);
            CheckLength(draft, tenant, record);
            if (existing is not null)
            {
                CheckAgainstNetworks(draft, tenant, existing, record, kept[record.Name]);
            }

            draft.Tenants[record.Name] = record;
        }
    }

    private static int LengthFor(IpPrefix? pool, TenantRecord? existing)
    {
        if (existing is not null && (pool is null || (pool.Value.Address.IsV4 == existing.SubnetPool?.Address.IsV4 && existing.AllocSubnetLength >= pool.Value.Length)))
        {
            return existing.AllocSubnetLength;
        }

        return pool is { Address.IsV4: false } ? Math.Max(DefaultLengthV6, pool.Value.Length) : Math.Max(DefaultLengthV4, pool?.Length ?? 0);
    }

    private static void CheckLength(Draft draft, TenantIntent tenant, TenantRecord record)
    {
        var width = record.SubnetPool?.Address.Width ?? 128;
        var least = record.SubnetPool?.Length ?? 1;
        if (record.AllocSubnetLength < least || record.AllocSubnetLength > width)
        {
            var at = tenant.AllocSubnetLength?.At ?? tenant.SubnetPool?.At ?? tenant.Name.At;
            draft.Errors.Add(at, string.Create(CultureInfo.InvariantCulture,
                $"AllocSubnetLen {record.AllocSubnetLength} must be from {least} to {width}{(record.SubnetPool is { } pool ? $", so that a subnet fits into SubnetPool {pool}" : "")}"));
        }
    }

    /// <summary>A pool or range may change as long as what was taken from the old one also lies in the new one.</summary>
    private static void CheckAgainstNetworks(
        Draft draft, TenantIntent tenant, TenantRecord old, TenantRecord now, IEnumerable<NetworkRecord> networks)
    {
        if (old == now)
        {
            return;
        }

        var listed = tenant.Networks.ToDictionary(network => network.Name.Value, StringComparer.Ordinal);
        foreach (var network in networks)
        {
            var intent = listed.GetValueOrDefault(network.Id.Network);
            if (tenant.SubnetPool is { } pool && network.SubnetFromPool && intent?.Subnet is null && !Covers(pool.Value, network.Subnet))
            {
                draft.Errors.Add(pool.At,
                    $"SubnetPool {pool.Value} does not hold {network.Subnet}, which network {network.Id} has from {old.SubnetPool}; remove the network first, or give it its SubnetCIDR");
            }

            var (ranges, oldRanges, field) = network.Encap == Encap.Vlan
                ? (tenant.Vlans, old.Vlans, "VLANs")
                : (tenant.Vxlans, old.Vxlans, "VXLANs");
            if (ranges is { } given && intent?.Tag is null && IdRanges.Contains(oldRanges, network.Tag) && !IdRanges.Contains(given.Value, network.Tag))
            {
                draft.Errors.Add(given.At, string.Create(CultureInfo.InvariantCulture,
                    $"{field} {IdRanges.Show(given.Value)} does not hold {network.Tag}, which network {network.Id} has from {IdRanges.Show(oldRanges)}; remove the network first, or give it its PktTag"));
            }
        }
    }

    private static bool Covers(IpPrefix pool, IpPrefix subnet) => pool.Contains(subnet.First) && pool.Contains(subnet.Last);
}
