using Netplugin.Core.Addresses;

namespace Netplugin.Core.Planning;

/// <summary>A pool of addresses that nodes lease their blocks from. Pure.</summary>
/// <param name="Prefix">All of it; no host bits.</param>
/// <param name="BlockLength">Prefix length of a block: at least that of the pool, and short enough for a pod (<see cref="AddressBlock.MinimumHostBits"/>).</param>
public readonly record struct BlockPool(IpPrefix Prefix, int BlockLength) : IOfFamily
{
    // As kube-controller-manager cuts node CIDRs; an IPv6 pool that is too small for /64 is cut to as many addresses as an IPv4 one.
    private const int UsualV4 = 24;
    private const int UsualV6 = 64;
    private const int SmallV6 = 120;

    /// <inheritdoc/>
    public bool IsV4 => Prefix.IsV4;

    /// <summary>How many blocks it has.</summary>
    public UInt128 Size => UInt128.One << (BlockLength - Prefix.Length);

    /// <summary>The length of a pool's blocks where nothing else is said: /24, and /64 or, in a pool smaller than that, /120.</summary>
    public static int UsualLength(IpPrefix pool) => pool.IsV4 ? UsualV4 : pool.Length <= UsualV6 ? UsualV6 : SmallV6;

    /// <summary>True when all of a block is the pool's.</summary>
    public bool Contains(IpPrefix block) => block.Length >= Prefix.Length && Prefix.Contains(block.First);

    /// <summary>The lowest block that overlaps none of those taken, which may be of any length and overlap each other.</summary>
    /// <returns>Null when there is none.</returns>
    public IpPrefix? Lowest(IEnumerable<IpPrefix> taken)
    {
        var pool = Prefix;
        var step = UInt128.One << (Prefix.Address.Width - BlockLength);
        var index = UInt128.Zero;
        foreach (var other in taken.Where(other => pool.Overlaps(other)).OrderBy(other => other.First))
        {
            if (index < Size && other.First > Block(index).Last)
            {
                break;
            }

            // One that begins before the pool contains all of it.
            var last = other.Last < pool.Last ? other.Last : pool.Last;
            index = UInt128.Max(index, ((last.Bits - pool.First.Bits) / step) + 1);
        }

        return index < Size ? Block(index) : null;
    }

    private IpPrefix Block(UInt128 index) => new(Prefix.First.Add(index << (Prefix.Address.Width - BlockLength)), BlockLength);
}
