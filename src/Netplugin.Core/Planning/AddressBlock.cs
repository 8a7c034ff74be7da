using Netplugin.Core.Addresses;

namespace Netplugin.Core.Planning;

/// <summary>
/// A node's block of addresses for the default network's pods. The first is the network's own, the second the node's, the last an IPv4
/// broadcast address; the rest are the pods'. Pure.
/// </summary>
/// <param name="Prefix">The block; at least 2 host bits, all zero.</param>
public readonly record struct AddressBlock(IpPrefix Prefix) : IOfFamily
{
    /// <summary>Fewest host bits of a block: with 2 it serves one pod over IPv4.</summary>
    public const int MinimumHostBits = 2;

    // More pods than a node can ever run, and few enough to search through.
    private const int MaximumHostBits = 16;
    private const uint FirstOfPods = 2;

    /// <inheritdoc/>
    public bool IsV4 => Prefix.IsV4;

    /// <summary>The node's own address in the block: its pods' gateway.</summary>
    public IpAddr Gateway => Prefix.First.Add(1);

    /// <summary>How many pods it serves.</summary>
    public uint Count => (1u << Math.Min(Prefix.HostBits, MaximumHostBits)) - FirstOfPods - (IsV4 ? 1u : 0u);

    /// <summary>The prefix as text.</summary>
    public override string ToString() => Prefix.ToString();

    /// <summary>The next free address from a starting point on, round the block.</summary>
    /// <param name="start">
    /// Where to begin, counted round the block. One that grows with each pod has an address rest longest before it is another pod's.
    /// </param>
    /// <param name="isTaken">Whether an address is in use, or rests.</param>
    /// <returns>Null when none is free.</returns>
    public IpAddr? Next(ulong start, Func<IpAddr, bool> isTaken)
    {
        ArgumentNullException.ThrowIfNull(isTaken);
        for (uint i = 0; i < Count; i++)
        {
            var candidate = Prefix.First.Add(FirstOfPods + (uint)((start + i) % Count));
            if (!isTaken(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
