using System.Collections.Immutable;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

public sealed class BlockLeaseTests
{
    private static readonly Gen<BlockPool> AnyPool =
        Gen.Select(Gen.Int[0, 15], Gen.Int[20, 24], Gen.Int[24, 26], (third, length, block) => new BlockPool(new IpPrefix(IpAddr.FromV4(0x0a00_0000u | ((uint)third << 8)), length).Masked, block));

    [Theory]
    [InlineData("10.128.0.0/14", 24, "", "10.128.0.0/24")]
    [InlineData("10.128.0.0/14", 24, "10.128.0.0/24 10.128.1.0/24 10.128.3.0/24", "10.128.2.0/24")]
    [InlineData("10.128.0.0/14", 24, "10.128.0.64/26", "10.128.1.0/24")]
    [InlineData("10.128.0.0/14", 24, "10.128.0.0/16 10.128.3.0/24", "10.129.0.0/24")]
    [InlineData("10.128.0.0/14", 26, "10.128.0.0/24 10.128.1.128/25", "10.128.1.0/26")]
    [InlineData("10.128.0.0/14", 24, "10.0.0.0/8", null)]
    [InlineData("10.128.0.0/23", 24, "10.128.0.0/24 10.128.1.0/24", null)]
    [InlineData("10.128.0.0/24", 24, "10.127.255.0/24 10.128.1.0/24 fd00::/48", "10.128.0.0/24")]
    [InlineData("255.255.255.0/24", 25, "255.255.255.0/25", "255.255.255.128/25")]
    [InlineData("255.255.255.0/24", 25, "255.255.255.0/25 255.255.255.128/25", null)]
    [InlineData("fd00:10:128::/48", 64, "fd00:10:128::/64 10.128.0.0/24", "fd00:10:128:1::/64")]
    [InlineData("fd00:10:128::/104", 120, "fd00:10:128::/120", "fd00:10:128::100/120")]
    [InlineData("fd00::/16", 126, "fd00::/17", "fd00:8000::/126")]
    public void The_lowest_block_that_overlaps_nothing_is_taken(string pool, int length, string taken, string? expected) =>
        Assert.Equal(expected, new BlockPool(IpPrefix.Parse(pool), length).Lowest(Prefixes(taken))?.ToString());

    [Theory]
    [InlineData("10.128.0.0/14", 24)]
    [InlineData("fd00:10:128::/48", 64)]
    [InlineData("fd00::/64", 64)]
    [InlineData("fd00::/104", 120)]
    public void A_pool_is_cut_as_its_operator_expects(string pool, int length) => Assert.Equal(length, BlockPool.UsualLength(IpPrefix.Parse(pool)));

    // What a node has, what pods run with, what another has; what comes of it.
    [Theory]
    [InlineData("", "", "10.128.0.0/24", "10.128.1.0/24", null, null)]
    [InlineData("10.128.7.0/24", "", "10.128.0.0/24", "10.128.7.0/24", null, null)]
    [InlineData("10.128.7.0/26", "", "10.128.0.0/24", "10.128.7.0/26", null, null)]
    [InlineData("10.128.7.0/24", "", "10.128.7.128/25", "10.128.0.0/24", null, null)]
    [InlineData("10.128.7.0/24 10.128.9.0/24", "", "10.128.7.0/24", "10.128.9.0/24", null, null)]
    [InlineData("10.244.1.0/24", "", "", "10.128.0.0/24", null, null)]
    [InlineData("", "10.244.1.0/24", "", "10.244.1.0/24", null, "not of the pod pool")]
    [InlineData("10.128.0.0/24", "10.128.7.0/24", "", "10.128.7.0/24", null, null)]
    [InlineData("", "10.128.7.0/24", "10.128.7.0/24", "", "node other has 10.128.7.0/24", null)]
    [InlineData("", "", "10.128.0.0/14", "", "pool 10.128.0.0/14 is exhausted: of its 1024 blocks of /24 none is free, and other nodes have 1 blocks in it", null)]
    public void A_node_keeps_its_block_while_nobody_else_has_it(
        string had, string inUse, string others, string expected, string? missing, string? warning)
    {
        var lease = BlockLease.Choose([Pool("10.128.0.0/14")], Prefixes(inUse), Prefixes(had), [Node("other", Prefixes(others))], mayTake: true);

        Assert.Equal(expected, string.Join(' ', lease.Blocks));
        Says(missing, lease.Missing);
        Says(warning, lease.Warning);
    }

    [Theory]
    [InlineData("", "", "", "10.128.0.0/24 fd00:10:128::/64", null, null)]
    [InlineData("fd00:10:128:7::/64", "", "", "10.128.0.0/24 fd00:10:128:7::/64", null, null)]
    [InlineData("", "", "fd00:10::/32", "", "fd00:10:128::/48 is exhausted", null)]
    [InlineData("10.128.7.0/24", "", "fd00:10::/32", "10.128.7.0/24", null, "fd00:10:128::/48 is exhausted")]
    [InlineData("", "10.128.7.0/24", "10.128.7.0/24", "", "node other has 10.128.7.0/24", null)]
    public void Both_families_are_leased_or_neither(string had, string inUse, string others, string expected, string? missing, string? warning)
    {
        var lease = BlockLease.Choose(
            [Pool("10.128.0.0/14"), Pool("fd00:10:128::/48")], Prefixes(inUse), Prefixes(had), [Node("other", Prefixes(others))], mayTake: true);

        Assert.Equal(expected, string.Join(' ', lease.Blocks));
        Says(missing, lease.Missing);
        Says(warning, lease.Warning);
    }

    [Fact]
    public void Blocks_come_in_the_order_of_their_pools() => Assert.Equal(
        "fd00:10:128::/64 10.128.0.0/24",
        string.Join(' ', BlockLease.Choose([Pool("fd00:10:128::/48"), Pool("10.128.0.0/14")], [], [], [], mayTake: true).Blocks));

    [Fact]
    public void Nothing_new_is_taken_while_others_may_not_have_written_down_theirs()
    {
        Assert.Empty(BlockLease.Choose([Pool("10.128.0.0/14")], [], [], [], mayTake: false).Blocks);
        Assert.NotNull(BlockLease.Choose([Pool("10.128.0.0/14")], [], [], [], mayTake: false).Missing);
        Assert.Equal("10.128.7.0/24", string.Join(' ', BlockLease.Choose([Pool("10.128.0.0/14")], [], Prefixes("10.128.7.0/24"), [], mayTake: false).Blocks));
    }

    [Fact]
    public void Nodes_that_come_go_and_come_back_never_share_an_address_and_keep_their_blocks()
    {
        var step = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 9], AnyPool, (node, kind, pool) => (Node: node, Kind: kind, Pool: pool));
        step.Array[1, 60].Sample(steps =>
        {
            var cluster = new Dictionary<int, NodeRecord>();
            foreach (var (node, kind, pool) in steps)
            {
                if (kind == 0)
                {
                    cluster.Remove(node);
                    continue;
                }

                NodeRecord[] others = [.. cluster.Where(n => n.Key != node).Select(n => n.Value)];
                var had = cluster.GetValueOrDefault(node)?.Blocks ?? [];
                var lease = BlockLease.Choose([pool], [], had, others, mayTake: true);
                if (had is [var own] && pool.Contains(own))
                {
                    Assert.Equal(own, Assert.Single(lease.Blocks));
                }
                else
                {
                    Assert.Equal(Free(pool, others).Take(1), lease.Blocks);
                }

                Assert.Equal(lease.Blocks.IsEmpty, lease.Missing is not null);
                cluster[node] = Node($"node{node}", [.. lease.Blocks]);
                var all = cluster.Values.SelectMany(n => n.Blocks).ToArray();
                Assert.All(all, (block, i) => Assert.DoesNotContain(all.Skip(i + 1), block.Overlaps));
            }
        }, iter: 2000);
    }

    private static IEnumerable<IpPrefix> Free(BlockPool pool, NodeRecord[] others)
    {
        var taken = others.SelectMany(n => n.Blocks).ToArray();
        for (var block = new IpPrefix(pool.Prefix.First, pool.BlockLength); pool.Contains(block); block = new(block.Last.Add(1), block.Length))
        {
            if (!taken.Any(block.Overlaps))
            {
                yield return block;
            }
        }
    }

    private static void Says(string? part, string? text)
    {
        Assert.Equal(part is null, text is null);
        Assert.Contains(part ?? "", text ?? "", StringComparison.Ordinal);
    }

    private static BlockPool Pool(string prefix) => new(IpPrefix.Parse(prefix), BlockPool.UsualLength(IpPrefix.Parse(prefix)));

    private static NodeRecord Node(string host, ImmutableArray<IpPrefix> blocks) => new(host, IpAddr.Unspecified, 1500, "test") { Blocks = blocks };

    private static ImmutableArray<IpPrefix> Prefixes(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IpPrefix.Parse)];
}
