using System.Collections.Immutable;
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

    /// <summary>Adds and updates the tenants of an intent.</summary>
    /// <param name="draft">The post.</param>
    /// <param name="intent">The intent.</param>
    /// <param name="keeps">True: what an existing tenant is not given stays as it is; false: it is what a new tenant has.</param>
    public static void Add(Draft draft, Intent intent, bool keeps = true)
    {
        var networks = draft.Networks.Values.ToLookup(network => network.Id.Tenant, StringComparer.Ordinal);
        foreach (var tenant in intent.Tenants)
        {
            var existing = draft.Tenants.GetValueOrDefault(tenant.Name.Value);
            var kept = keeps ? existing : null;
            var pool = tenant.SubnetPool?.Value ?? kept?.SubnetPool;
            var record = new TenantRecord(
                tenant.Name.Value,
                tenant.DefaultEncap?.Value ?? kept?.DefaultEncap ?? Encap.Vxlan,
                pool,
                tenant.AllocSubnetLength?.Value ?? LengthFor(pool, kept),
                tenant.Vlans?.Value ?? kept?.Vlans ?? [],
                tenant.Vxlans?.Value ?? kept?.Vxlans ?? [])
            {
                Resource = existing?.Resource ?? draft.Resource,
            };
            if (existing is not null && existing.Resource != draft.Resource)
            {
                // Naming it is how an intent gets at its networks.
                CheckAgrees(draft, tenant, existing);
                continue;
            }

            CheckLength(draft, tenant, record);
            if (existing is not null)
            {
                CheckAgainstNetworks(draft, tenant, existing, record, networks[record.Name]);
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
            var isPoolChecked = tenant.SubnetPool is not null || now.SubnetPool != old.SubnetPool;
            if (isPoolChecked && network.SubnetFromPool && intent?.Subnet is null && !(now.SubnetPool is { } pool && Covers(pool, network.Subnet)))
            {
                draft.Errors.Add(tenant.SubnetPool?.At ?? tenant.Name.At,
                    $"{Show("SubnetPool", now.SubnetPool?.ToString())} does not hold {network.Subnet}, which network {network.Id} has from {old.SubnetPool}; remove the network first, or give it its SubnetCIDR");
            }

            var (given, ranges, oldRanges, field) = network.Encap == Encap.Vlan
                ? (tenant.Vlans, now.Vlans, old.Vlans, "VLANs")
                : (tenant.Vxlans, now.Vxlans, old.Vxlans, "VXLANs");
            if (intent?.Tag is null && IdRanges.Contains(oldRanges, network.Tag) && !IdRanges.Contains(ranges, network.Tag))
            {
                draft.Errors.Add(given?.At ?? tenant.Name.At, string.Create(CultureInfo.InvariantCulture,
                    $"{Show(field, IdRanges.Show(ranges))} does not hold {network.Tag}, which network {network.Id} has from {IdRanges.Show(oldRanges)}; remove the network first, or give it its PktTag"));
            }
        }

        static string Show(string field, string? value) => string.IsNullOrEmpty(value) ? $"a tenant without {field}" : $"{field} {value}";
    }

    /// <summary>What a file gives of a tenant that somebody else posted must be what that one has.</summary>
    private static void CheckAgrees(Draft draft, TenantIntent tenant, TenantRecord existing)
    {
        Check(tenant.DefaultEncap, existing.DefaultEncap, "DefaultNetType", existing.DefaultEncap == Encap.Vlan ? "vlan" : "vxlan");
        Check(tenant.SubnetPool, existing.SubnetPool ?? default, "SubnetPool", existing.SubnetPool?.ToString() ?? "");
        Check(tenant.AllocSubnetLength, existing.AllocSubnetLength, "AllocSubnetLen", existing.AllocSubnetLength.ToString(CultureInfo.InvariantCulture));
        CheckRanges(tenant.Vlans, existing.Vlans, "VLANs");
        CheckRanges(tenant.Vxlans, existing.Vxlans, "VXLANs");

        void CheckRanges(Located<ImmutableArray<IdRange>>? given, ImmutableArray<IdRange> has, string field) =>
            Check<string>(given is { } ranges ? new(IdRanges.Show(ranges.Value), ranges.At) : null, IdRanges.Show(has), field, IdRanges.Show(has));

        void Check<T>(Located<T>? given, T has, string field, string shown)
        {
            if (given is { } value && !EqualityComparer<T>.Default.Equals(value.Value, has))
            {
                draft.Errors.Add(value.At,
                    $"tenant {Quoted.Text(existing.Name)} has {(shown.Length == 0 ? "no " : "")}{field}{(shown.Length == 0 ? "" : " ")}{shown}; {Owners.ToChange(existing)}");
            }
        }
    }

    private static bool Covers(IpPrefix pool, IpPrefix subnet) => pool.Contains(subnet.First) && pool.Contains(subnet.Last);
}
