using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The subnets of one tenant's networks, and the lowest free block of its pool.</summary>
internal sealed class SubnetPool
{
    // Sorted by first address. Subnets of a tenant never overlap, so neighbours in this order are the only ones that can.
    private readonly List<(IpPrefix Subnet, NetworkId Network)> _taken;
    private UInt128 _nextBlock;

    public SubnetPool(IEnumerable<NetworkRecord> networks) =>
        _taken = [.. networks.Select(n => (n.Subnet.Masked, n.Id)).OrderBy(t => t.Masked.First)];

    /// <summary>Takes a given subnet; false when it overlaps one that <paramref name="owner"/> has.</summary>
    public bool TryTake(IpPrefix subnet, NetworkId network, out (IpPrefix Subnet, NetworkId Network) owner)
    {
        var index = IndexAfter(subnet.First);
        if (index > 0 && _taken[index - 1].Subnet.Last >= subnet.First)
        {
            owner = _taken[index - 1];
            return false;
        }

        if (index < _taken.Count && _taken[index].Subnet.First <= subnet.Last)
        {
            owner = _taken[index];
            return false;
        }

        _taken.Insert(index, (subnet.Masked, network));
        owner = (subnet, network);
        return true;
    }

    /// <summary>Takes the lowest free block of that length in the pool; null when there is none.</summary>
    public IpPrefix? TakeLowest(IpPrefix pool, int length, NetworkId network)
    {
        var blocks = UInt128.One << (length - pool.Length);
        var blockBits = pool.Address.Width - length;
        while (_nextBlock < blocks)
        {
            var block = new IpPrefix(pool.First.Add(_nextBlock << blockBits), length);
            if (TryTake(block, network, out var owner))
            {
                _nextBlock++;
                return block;
            }

            // Behind what is in the way; at least one block on, so that this ends.
            var offset = owner.Subnet.Last.Bits - pool.First.Bits;
            _nextBlock = UInt128.Max(_nextBlock, offset >> blockBits) + 1;
        }

        return null;
    }

    private int IndexAfter(IpAddr address)
    {
        var (low, high) = (0, _taken.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_taken[middle].Subnet.First <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
