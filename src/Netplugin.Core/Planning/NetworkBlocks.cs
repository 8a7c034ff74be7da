using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>
/// The small blocks of a network's subnet that nodes lease, and the addresses that they give pods of them. Pure: what keeps two nodes and a post apart is
/// that whoever writes compares what it has chosen after.
/// </summary>
public static class NetworkBlocks
{
    /// <summary>Addresses of a block while there is room for such: one lease serves as many pods.</summary>
    public const int UsualSize = 8;

    /// <summary>
    /// The block that a node leases next: the lowest of <see cref="UsualSize"/> addresses in which nobody has any, else one of 4, of 2, or a single address, so
    /// that none is beyond use. Of a subnet typed with host bits, as in 10.9.9.1/24, what is behind the address typed comes first and no block holds
    /// addresses of both sides, for that is how posts give addresses. Addresses that nobody may have do not keep a block from being leased, unless it has no others.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="leases">What is leased of it.</param>
    /// <param name="taken">The addresses that its endpoints have, in any order.</param>
    /// <returns>Null when every address is an endpoint's or of a lease.</returns>
    public static IpPrefix? Choose(NetworkRecord network, ImmutableArray<AddressLease> leases, IEnumerable<IpAddr> taken)
    {
        ArgumentNullException.ThrowIfNull(network);
        var subnet = network.Subnet;
        var used = taken.Select(address => (First: address, Last: address))
            .Concat(leases.Select(lease => (lease.Block.First, lease.Block.Last)))
            .OrderBy(range => range.First)
            .ToList();
        (IpAddr First, IpAddr Last)[] sides = subnet.Address == subnet.First ? [(subnet.First, subnet.Last)]
            : subnet.Address == subnet.Last ? [(subnet.First, subnet.Address)]
            : [(subnet.Address.Add(1), subnet.Last), (subnet.First, subnet.Address)];
        foreach (var (first, last) in sides)
        {
            for (var size = UsualSize; size > 0; size /= 2)
            {
                if (Lowest(network, first, last, size, used) is { } block)
                {
                    return block;
                }
            }
        }

        return null;
    }

    /// <summary>The lowest free address of a node's blocks; null when there is none.</summary>
    /// <param name="network">The network.</param>
    /// <param name="blocks">What the node has leased of it, in the order in which to use them.</param>
    /// <param name="isTaken">Whether an address is in use.</param>
    public static IpAddr? LowestFree(NetworkRecord network, IEnumerable<IpPrefix> blocks, Func<IpAddr, bool> isTaken)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(isTaken);
        foreach (var block in blocks)
        {
            for (var address = block.First; ; address = address.Add(1))
            {
                if (AddressPool.IsForEndpoints(network, address) && !isTaken(address))
                {
                    return address;
                }

                if (address == block.Last)
                {
                    break;
                }
            }
        }

        return null;
    }

    /// <summary>The leases without those that a node has no use for: blocks of it in which no endpoint has an address.</summary>
    /// <param name="leases">All leases of a network.</param>
    /// <param name="host">The node that gives back.</param>
    /// <param name="taken">The addresses that the network's endpoints have, wherever these are bound.</param>
    public static LeasesRecord WithoutIdle(LeasesRecord leases, string host, IReadOnlyCollection<IpAddr> taken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        return leases with { Leases = leases.Leases.RemoveAll(lease => lease.Host == host && !taken.Any(lease.Block.Contains)) };
    }

    /// <summary>Why no endpoint of a network may have an address, whoever has it; null when one may.</summary>
    /// <param name="network">The network.</param>
    /// <param name="address">The address.</param>
    public static string? WhyNone(NetworkRecord network, IpAddr address)
    {
        ArgumentNullException.ThrowIfNull(network);
        var subnet = network.Subnet;
        return !subnet.Contains(address) ? $"{address} is outside {subnet.Masked}, the subnet of network {network.Id}"
            : AddressPool.IsReserved(subnet, address) ? $"{address} is the {(address == subnet.First ? "network" : "broadcast")} address of {subnet.Masked}"
            : address == network.Gateway ? $"{address} is the gateway of network {network.Id}"
            : null;
    }

    /// <summary>
    /// The leases with one address leased to a node by itself, whoever had it in a block before: the rest of that block stays leased as it was, in as few blocks as
    /// that takes. Whether an endpoint has the address is the caller's to ask, before and after this is written.
    /// </summary>
    /// <param name="leases">All leases of a network.</param>
    /// <param name="host">The node that leases it.</param>
    /// <param name="address">The address.</param>
    public static LeasesRecord WithAlone(LeasesRecord leases, string host, IpAddr address)
    {
        ArgumentNullException.ThrowIfNull(leases);
        var before = leases.Leases.FirstOrDefault(lease => lease.Block.Contains(address));
        leases = leases with { Leases = leases.Leases.Remove(before) };
        if (before.Host is { } owner)
        {
            for (var block = before.Block; block.HostBits > 0;)
            {
                var (low, high) = (new IpPrefix(block.First, block.Length + 1), new IpPrefix(block.Last, block.Length + 1).Masked);
                leases = leases.With(new(owner, low.Contains(address) ? high : low));
                block = low.Contains(address) ? low : high;
            }
        }

        return leases.With(new(host, IpPrefix.Alone(address)));
    }

    /// <summary>Says that there is nothing to lease, and who has it, for the operator.</summary>
    /// <param name="network">The network.</param>
    /// <param name="leases">What is leased of it.</param>
    public static string Exhausted(NetworkRecord network, ImmutableArray<AddressLease> leases)
    {
        ArgumentNullException.ThrowIfNull(network);
        var nodes = leases.GroupBy(lease => lease.Host, StringComparer.Ordinal)
            .OrderBy(node => node.Key, StringComparer.Ordinal)
            .Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.Key} {node.Sum(lease => 1L << lease.Block.HostBits)}"));
        var leased = leases.IsEmpty ? "" : $" (leased by nodes: {string.Join(", ", nodes)})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"network {network.Id} has no address left in {network.Subnet.Masked}, which holds {AddressPool.CapacityOf(network)} endpoints{leased}");
    }

    /// <summary>The lowest aligned block from <paramref name="first"/> to <paramref name="last"/> that holds nothing used and something that may be.</summary>
    private static IpPrefix? Lowest(NetworkRecord network, IpAddr first, IpAddr last, int size, List<(IpAddr First, IpAddr Last)> used)
    {
        var length = first.Width - int.Log2(size);
        var at = 0;
        for (var start = first; ;)
        {
            // Where the range begins within a block, or what is used ends there, that block is passed over.
            var block = new IpPrefix(start, length).Masked;
            if (block.Last > last)
            {
                return null;
            }

            while (at < used.Count && used[at].Last < block.First)
            {
                at++;
            }

            var isUsed = at < used.Count && used[at].First <= block.Last;
            if (block.First == start && !isUsed && LowestFree(network, [block], _ => false) is not null)
            {
                return block;
            }

            var end = isUsed && used[at].Last > block.Last ? used[at].Last : block.Last;
            if (end >= last)
            {
                return null;
            }

            start = end.Add(1);
        }
    }
}
