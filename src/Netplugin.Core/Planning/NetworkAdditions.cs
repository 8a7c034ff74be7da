using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>
/// Adds and updates networks. What an intent gives is taken before anything is allocated, so that an allocation never takes what
/// a later line asks for; allocation then follows the file's order.
/// </summary>
internal sealed class NetworkAdditions
{
    private readonly Draft _draft;
    private readonly Dictionary<string, SubnetPool> _subnets = new(StringComparer.Ordinal);

    private NetworkAdditions(Draft draft) => _draft = draft;

    // Each looks at every network there is: made when a network is to be made, not when one is the same as before.
    private TagPool Vlans => field ??= new(Encap.Vlan, _draft.Networks.Values);

    private TagPool Vxlans => field ??= new(Encap.Vxlan, _draft.Networks.Values);

    private ILookup<string, NetworkRecord> Existing =>
        field ??= _draft.Networks.Values.ToLookup(network => network.Id.Tenant, StringComparer.Ordinal);

    public static void Add(Draft draft, Intent intent, bool isWhole)
    {
        var additions = new NetworkAdditions(draft);
        var wanted = new List<Wanted>();
        foreach (var (id, network, _) in intent.AllNetworks())
        {
            if (draft.Networks.TryGetValue(id, out var existing))
            {
                additions.Update(existing, network, isWhole);
            }
            else
            {
                wanted.Add(additions.TakeGiven(id, network));
            }
        }

        foreach (var network in wanted)
        {
            additions.Allocate(network);
        }
    }

    private void Update(NetworkRecord existing, NetworkIntent network, bool isWhole)
    {
        Contradiction(network.Encap, encap => encap == existing.Encap, $"is {Show(existing.Encap)}");
        Contradiction(network.Tag, tag => tag == existing.Tag, string.Create(CultureInfo.InvariantCulture, $"has {Show(existing.Encap)} tag {existing.Tag}"));
        Contradiction(network.Subnet, subnet => subnet.Masked == existing.Subnet.Masked, $"has subnet {existing.Subnet}");

        var isAnothers = existing.Resource != _draft.Resource;
        if (isAnothers && network.Gateway is { } other && other.Value != existing.Gateway)
        {
            var has = existing.Gateway.IsUnspecified ? "has no DefaultGw" : $"has DefaultGw {existing.Gateway}";
            _draft.Errors.Add(other.At, $"network {existing.Id} {has}; {Owners.ToChange(existing)}");
        }

        var gateway = isAnothers ? existing.Gateway : network.Gateway?.Value ?? (isWhole ? IpAddr.Unspecified : existing.Gateway);
        var updated = existing with { Gateway = gateway };
        if (network.Gateway is { } given && !isAnothers)
        {
            CheckGateway(given, updated);
        }

        _draft.Networks[existing.Id] = updated;

        void Contradiction<T>(Located<T>? given, Func<T, bool> agrees, string has)
        {
            if (given is { } value && !agrees(value.Value))
            {
                _draft.Errors.Add(value.At, $"network {existing.Id} {has}, which cannot change; {Owners.ToRemove(existing)}");
            }
        }
    }

    private Wanted TakeGiven(NetworkId id, NetworkIntent network)
    {
        var tenant = _draft.Tenants[id.Tenant];
        var encap = network.Encap?.Value ?? tenant.DefaultEncap;
        if (network.Tag is { } tag)
        {
            var highest = encap == Encap.Vlan ? IdRanges.LastVlan : Vni.MaxValue;
            if (tag.Value is 0 || tag.Value > highest)
            {
                _draft.Errors.Add(tag.At, string.Create(CultureInfo.InvariantCulture, $"PktTag {tag.Value} of a {Show(encap)} network must be from 1 to {highest}"));
            }
            else if (!Tags(encap).TryTake(tag.Value, id, out var owner))
            {
                _draft.Errors.Add(tag.At, string.Create(CultureInfo.InvariantCulture, $"PktTag {tag.Value} is already that of {Show(encap)} network {owner}"));
            }
        }

        if (network.Subnet is { } subnet && !Subnets(id.Tenant).TryTake(subnet.Value, id, out var overlapped))
        {
            _draft.Errors.Add(subnet.At, $"SubnetCIDR {subnet.Value} overlaps {overlapped.Subnet}, the subnet of network {overlapped.Network}");
        }

        return new(id, network, tenant, encap);
    }

    private void Allocate(Wanted wanted)
    {
        var (id, network, tenant, encap) = wanted;
        var tag = network.Tag?.Value ?? AllocateTag(wanted);
        var subnet = network.Subnet?.Value ?? AllocateSubnet(wanted);
        if (tag is null || subnet is null)
        {
            return;
        }

        var record = new NetworkRecord(
            id, encap, tag.Value, subnet.Value, network.Subnet is null, network.Gateway?.Value ?? IpAddr.Unspecified, _draft.Post)
        {
            Resource = _draft.Resource,
        };
        if (network.Gateway is { } gateway)
        {
            CheckGateway(gateway, record);
        }

        _draft.Networks.Add(id, record);
    }

    private uint? AllocateTag(Wanted wanted)
    {
        var (id, network, tenant, encap) = wanted;
        var (ranges, field) = encap == Encap.Vlan ? (tenant.Vlans, "VLANs") : (tenant.Vxlans, "VXLANs");
        var tag = Tags(encap).TakeLowest(ranges, id);
        if (tag is null)
        {
            _draft.AddUnlessPartial(network.Name.At, ranges.IsEmpty
                ? $"network {id} is {Show(encap)}, but tenant {Quoted.Text(tenant.Name)} has no {field}; give the tenant {field} or the network a PktTag"
                : $"every id of {field} {IdRanges.Show(ranges)} of tenant {Quoted.Text(tenant.Name)} is taken: none is left for network {id}");
        }

        return tag;
    }

    private IpPrefix? AllocateSubnet(Wanted wanted)
    {
        var (id, network, tenant, _) = wanted;
        if (tenant.SubnetPool is not { } pool)
        {
            _draft.AddUnlessPartial(network.Name.At,
                $"tenant {Quoted.Text(tenant.Name)} has no SubnetPool; give the tenant a SubnetPool or network {id} a SubnetCIDR");
            return null;
        }

        // An impossible length was reported with the tenant; nothing can be cut from such a pool.
        if (tenant.AllocSubnetLength < pool.Length || tenant.AllocSubnetLength > pool.Address.Width)
        {
            return null;
        }

        var subnet = Subnets(id.Tenant).TakeLowest(pool, tenant.AllocSubnetLength, id);
        if (subnet is null)
        {
            var size = UInt128.One << (tenant.AllocSubnetLength - pool.Length);
            _draft.AddUnlessPartial(network.Name.At, string.Create(CultureInfo.InvariantCulture,
                $"SubnetPool {pool} of tenant {Quoted.Text(tenant.Name)} has no /{tenant.AllocSubnetLength} left of its {size}: none for network {id}"));
        }

        return subnet;
    }

    private void CheckGateway(Located<IpAddr> gateway, NetworkRecord network)
    {
        if (!network.Subnet.Contains(gateway.Value))
        {
            Refuse($"is outside {network.Subnet.Masked}, the subnet of network {network.Id}");
        }
        else if (AddressPool.IsReserved(network.Subnet, gateway.Value))
        {
            Refuse($"is the first or last address of {network.Subnet.Masked}, which no host can have");
        }

        void Refuse(string why) => _draft.AddAbout(network, gateway.At, $"DefaultGw {gateway.Value} {why}");
    }

    private TagPool Tags(Encap encap) => encap == Encap.Vlan ? Vlans : Vxlans;

    private SubnetPool Subnets(string tenant)
    {
        if (!_subnets.TryGetValue(tenant, out var pool))
        {
            _subnets.Add(tenant, pool = new(Existing[tenant]));
        }

        return pool;
    }

    private static string Show(Encap encap) => encap == Encap.Vlan ? "vlan" : "vxlan";

    /// <summary>A network to make.</summary>
    private readonly record struct Wanted(NetworkId Id, NetworkIntent Network, TenantRecord Tenant, Encap Encap);
}
