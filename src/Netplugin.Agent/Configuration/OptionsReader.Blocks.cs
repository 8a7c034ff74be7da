using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Flags;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Configuration;

/// <summary>Reads which blocks of addresses the default network's pods of this node get, or from which pools it leases them.</summary>
internal sealed partial class OptionsReader
{
    private static PerFamily<AddressBlock> ReadBlocks(string text, ImmutableArray<string>.Builder errors) =>
    [
        .. from prefix in ReadPrefixes(
               "-pod-cidr", text, "block", "block of addresses such as 10.244.1.0/24, with no bits beyond its length and room for a pod",
               prefix => prefix.HostBits >= AddressBlock.MinimumHostBits, errors)
           select new AddressBlock(prefix),
    ];

    private PerFamily<BlockPool> ReadPools(GoFlagResult parsed, ImmutableArray<string>.Builder errors)
    {
        var before = errors.Count;
        var pools = ReadPrefixes(
            "-pod-pool", parsed.Get(_podPool), "pool", "pool of addresses such as 10.128.0.0/14, with no bits beyond its length", _ => true, errors);
        string[] lengths = Split(parsed.Get(_podBlockLength));
        if (parsed.Get(_podPool).Length > 0 && parsed.Get(_podCidr).Length > 0)
        {
            errors.Add("-pod-pool and -pod-cidr both say which addresses pods get: give one of them");
        }

        if (errors.Count > before)
        {
            return [];
        }

        if (lengths.Length > 0 && lengths.Length != pools.Count)
        {
            errors.Add($"-pod-block-length has {lengths.Length} lengths and -pod-pool {pools.Count} pools: give one length for each pool");
            return [];
        }

        var read = new List<BlockPool>();
        foreach (var (i, pool) in pools.Index())
        {
            var length = BlockPool.UsualLength(pool);
            var longest = pool.Address.Width - AddressBlock.MinimumHostBits;
            if ((lengths.Length > 0 && !int.TryParse(lengths[i], NumberStyles.None, CultureInfo.InvariantCulture, out length)) || length < pool.Length || length > longest)
            {
                errors.Add($"a block of /{(lengths.Length > 0 ? lengths[i] : length)} cannot be cut from -pod-pool {pool}: give a -pod-block-length from {pool.Length} to {longest}");
            }

            read.Add(new BlockPool(pool, length));
        }

        return errors.Count > before ? [] : [.. read];
    }

    /// <summary>Reads one prefix, or one of each family.</summary>
    /// <param name="flag">The flag's name.</param>
    /// <param name="text">What was given.</param>
    /// <param name="one">What one of them is called.</param>
    /// <param name="form">What one of them looks like.</param>
    /// <param name="fits">What is asked of one beyond that.</param>
    /// <param name="errors">Told what is wrong.</param>
    /// <returns>None when something is wrong.</returns>
    private static List<IpPrefix> ReadPrefixes(
        string flag, string text, string one, string form, Func<IpPrefix, bool> fits, ImmutableArray<string>.Builder errors)
    {
        var before = errors.Count;
        var prefixes = new List<IpPrefix>();
        foreach (var part in Split(text))
        {
            if (IpPrefix.TryParse(part, out var prefix) && prefix == prefix.Masked && fits(prefix))
            {
                prefixes.Add(prefix);
            }
            else
            {
                errors.Add($"{flag} \"{part}\" is not a {form}");
            }
        }

        if (prefixes.CountBy(prefix => prefix.IsV4).Any(family => family.Value > 1))
        {
            errors.Add($"{flag} \"{text}\" has two {one}s of one family: give one, or one of IPv4 and one of IPv6");
        }

        return errors.Count > before ? [] : prefixes;
    }

    private static string[] Split(string text) => text.Length == 0 ? [] : text.Split(',');
}
