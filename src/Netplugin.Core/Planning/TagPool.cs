using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The tags (VNIs, or VLAN ids) in use in the whole cluster, and the lowest free one of a tenant's ranges.</summary>
internal sealed class TagPool
{
    private readonly Dictionary<uint, NetworkId> _owners = [];

    // Nothing is given back while one post is planned, so what was found taken stays taken.
    private readonly Dictionary<string, uint> _lowestByTenant = new(StringComparer.Ordinal);

    public TagPool(Encap encap, IEnumerable<NetworkRecord> networks)
    {
        foreach (var network in networks.Where(n => n.Encap == encap))
        {
            _owners.TryAdd(network.Tag, network.Id);
        }
    }

    /// <summary>Takes a given tag; false when <paramref name="owner"/> has it.</summary>
    public bool TryTake(uint tag, NetworkId network, out NetworkId owner)
    {
        owner = network;
        if (_owners.TryAdd(tag, network))
        {
            return true;
        }

        owner = _owners[tag];
        return false;
    }

    /// <summary>Takes the lowest free tag of the ranges; null when there is none.</summary>
    public uint? TakeLowest(ImmutableArray<IdRange> ranges, NetworkId network)
    {
        var from = _lowestByTenant.GetValueOrDefault(network.Tenant);
        foreach (var range in ranges)
        {
            for (var tag = Math.Max(range.First, from); tag <= range.Last; tag++)
            {
                if (_owners.TryAdd(tag, network))
                {
                    _lowestByTenant[network.Tenant] = tag + 1;
                    return tag;
                }
            }
        }

        return null;
    }
}
