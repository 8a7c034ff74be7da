using Netplugin.Agent.Cluster;
using Netplugin.Core.Model;

namespace Netplugin.Tests.Agent.Pure;

public sealed class StoreGuardTests
{
    private static readonly Guid A = Guid.Parse("aaaaaaaa-0000-0000-0000-000000000000");
    private static readonly Guid B = Guid.Parse("bbbbbbbb-0000-0000-0000-000000000000");

    [Fact]
    public void A_first_start_follows_an_empty_store_and_one_that_holds_something()
    {
        Assert.Equal(new StoreVerdict(null, null, false), StoreGuard.Judge(null, null, 1));
        Assert.Equal(new StoreVerdict(new StoreMemory(A, 0, 9), null, false), StoreGuard.Judge(null, Record(A), 9));
    }

    [Fact]
    public void The_same_store_further_on_is_followed()
    {
        Assert.Null(StoreGuard.Judge(new StoreMemory(A, 0, 9), Record(A), 9).Held);
        Assert.Equal(12, StoreGuard.Judge(new StoreMemory(A, 0, 9), Record(A), 12).Memory!.Revision);
    }

    [Fact]
    public void A_wiped_store_is_held_until_its_reset_is_accepted()
    {
        var memory = new StoreMemory(A, 3, 900);
        var empty = StoreGuard.Judge(memory, null, 1);
        Assert.Contains("netdcli store accept-reset", empty.Held, StringComparison.Ordinal);

        // A post on the wiped store makes a content of its own, which is no acceptance.
        var posted = StoreGuard.Judge(empty.Memory, Record(B), 5);
        Assert.NotNull(posted.Held);
        Assert.NotNull(StoreGuard.Judge(posted.Memory, Record(B), 7).Held);

        var accepted = StoreGuard.Judge(posted.Memory, Record(B, 1_700_000_000), 8);
        Assert.Null(accepted.Held);
        Assert.True(accepted.Accepted);
        Assert.Equal(new StoreMemory(B, 1_700_000_000, 8), accepted.Memory);
    }

    [Fact]
    public void Acceptance_of_a_store_that_was_seen_empty_needs_no_post_between()
    {
        var empty = StoreGuard.Judge(new StoreMemory(A, 0, 900), null, 1);
        Assert.True(StoreGuard.Judge(empty.Memory, Record(B, 1_700_000_000), 2).Accepted);
    }

    [Fact]
    public void A_restored_store_is_held_until_its_reset_is_accepted()
    {
        var restored = StoreGuard.Judge(new StoreMemory(A, 0, 900), Record(A), 400);
        Assert.Contains("older", restored.Held, StringComparison.Ordinal);
        Assert.NotNull(StoreGuard.Judge(restored.Memory, Record(A), 450).Held);
        var accepted = StoreGuard.Judge(restored.Memory, Record(A, 1_700_000_000), 451);
        Assert.True(accepted.Accepted);
        Assert.Null(accepted.Held);
    }

    [Fact]
    public void A_restored_store_that_has_grown_past_the_revision_seen_is_told_by_its_missing_post()
    {
        var restored = StoreGuard.Judge(new StoreMemory(A, 0, 900, Post: 7), Record(A), 905, post: 6);
        Assert.Contains("older", restored.Held, StringComparison.Ordinal);
        Assert.NotNull(StoreGuard.Judge(restored.Memory, Record(A), 950, post: 6).Held);
        var accepted = StoreGuard.Judge(restored.Memory, Record(A, 1_700_000_000), 951, post: 6);
        Assert.True(accepted.Accepted);
        Assert.Equal(6, accepted.Memory!.Post);
    }

    [Fact]
    public void The_old_store_coming_back_ends_the_hold()
    {
        var other = StoreGuard.Judge(new StoreMemory(A, 0, 900), Record(B), 5000);
        Assert.NotNull(other.Held);
        var back = StoreGuard.Judge(other.Memory, Record(A), 901);
        Assert.Null(back.Held);
        Assert.False(back.Accepted);
        Assert.Equal(new StoreMemory(A, 0, 901), back.Memory);
    }

    [Theory]
    [InlineData(ClusterRecord.CurrentSchema + 1)]
    [InlineData(ClusterRecord.CurrentSchema - 1)]
    public void Another_schema_is_refused_by_name(int schema)
    {
        var verdict = StoreGuard.Judge(null, new ClusterRecord(A, 0, schema), 1);
        Assert.Contains($"schema {schema},", verdict.Held, StringComparison.Ordinal);
    }

    private static ClusterRecord Record(Guid id, long generation = 0) => new(id, generation, ClusterRecord.CurrentSchema);
}
