using CsCheck;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Resources;
using Netplugin.Tests.Core.Planning;
using static Netplugin.Tests.Core.Resources.Samples;

namespace Netplugin.Tests.Core.Resources;

/// <summary>What holds of every history of resources and intents over a few names, so that they meet often.</summary>
public sealed class ResourcePropertyTests
{
    private const long Histories = 400;

    private static readonly Gen<CustomResource> TenantGen = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 4], Gen.Bool).Select((name, kind, deleted) =>
        Maybe(Tenant($"t{name}", kind == 1 ? null : kind == 2 ? "nonsense" : "10.9.0.0/16", kind == 3 ? "100-105" : "100-199"), deleted && kind == 4));

    private static readonly Gen<CustomResource> NetworkGen = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[0, 7], Gen.Bool).Select((name, tenant, kind, deleted) =>
        Maybe(
            Network(
                $"r{name}", $"t{tenant}", kind == 1 ? "shared" : null, kind == 2 ? "vlan" : null, kind is 2 or 3 ? 100 + name : null,
                kind == 4 ? $"10.9.{name}.0/24" : null, kind == 5 ? "10.9.0.1" : null, age: name % 2),
            deleted && kind == 6));

    // What is there at a time, by kind and name.
    private static readonly Gen<CustomResource[]> SetGen = Gen.Select(TenantGen.Array[0, 3], NetworkGen.Array[0, 6]).Select((tenants, networks) =>
        tenants.Concat(networks).DistinctBy(one => (one is TenantResource, one.Metadata.Name)).ToArray());

    private static readonly Gen<string> IntentGen = Gen.Select(Gen.Int[1, 3], Gen.Int[1, 5], Gen.Int[0, 3]).Select((tenant, network, kind) =>
        $$"""{"Tenants":[{"Name":"t{{tenant}}"{{(kind == 0 ? ",\"SubnetPool\":\"10.9.0.0/16\",\"VXLANs\":\"150-160\"" : "")}},"Networks":[{"Name":"r{{network}}"{{(kind >= 1 ? ",\"Endpoints\":[{\"Container\":\"c\"}]" : "")}}}]}]}""");

    // A step: an intent, or resources as they are then.
    private static readonly Gen<(string? Intent, PostMode Mode, CustomResource[] Resources)[]> HistoryGen = Gen.Select(
        Gen.Int[0, 2], IntentGen, Gen.Enum<PostMode>(), SetGen, (kind, intent, mode, resources) => (kind == 0 ? intent : null, mode, resources)).Array[0, 6];

    [Fact]
    public void Order_and_duplicates_of_what_was_heard_do_not_matter()
    {
        Gen.Select(HistoryGen, SetGen, Gen.Int[0, 1000]).Sample((history, set, seed) =>
        {
            var before = After(history);
            var first = before.Plan(set);
            var second = before.Plan(set.OrderBy(one => HashCode.Combine(seed, one.Metadata.Name.Length, one.GetType().Name.Length)).Reverse());

            Assert.Equal(Verdicts(first), Verdicts(second));
            Assert.Equal(first.Post.Plan!.Changes.AsEnumerable(), second.Post.Plan!.Changes.AsEnumerable());
        }, iter: Histories);
    }

    [Fact]
    public void A_second_round_changes_nothing_and_says_the_same()
    {
        Gen.Select(HistoryGen, SetGen).Sample((history, set) =>
        {
            var first = After(history).Plan(set);
            var second = Samples.After(first).Plan(set);

            // What refused for want of what another gave back is not refused in the same round: removals come first.
            Assert.Empty(second.Post.Plan!.Changes);
            Assert.Equal(Verdicts(first), Verdicts(second));
        }, iter: Histories);
    }

    [Fact]
    public void Whatever_was_missed_on_the_way_the_end_is_the_same_where_nothing_was_allocated()
    {
        // Given tags and subnets, and names that do not meet: what is posted is then a matter of the last set alone.
        var fixedGen = Gen.Int[1, 5].Array[0, 5].Select(names => names.Distinct().Select(CustomResource (name) =>
            Network($"r{name}", "t1", tag: 100 + name, subnet: $"10.9.{name}.0/24")).Prepend(Tenant("t1")).ToArray());
        Gen.Select(fixedGen.Array[0, 4], fixedGen).Sample((missed, last) =>
        {
            var through = missed.Aggregate(ClusterState.Empty, (state, set) => state.Post(set)).Plan(last);
            var direct = ClusterState.Empty.Plan(last);

            Assert.Equal(Verdicts(direct), Verdicts(through));
            Assert.Equal(Samples.After(direct).Show(), Samples.After(through).Show());
        }, iter: Histories);
    }

    [Fact]
    public void A_resource_that_is_ready_has_its_record_and_a_record_of_a_resource_is_ready_changed_or_awaited()
    {
        Gen.Select(HistoryGen, SetGen).Sample((history, set) =>
        {
            var before = After(history);
            var plan = before.Plan(set);
            var after = Samples.After(plan);
            foreach (var (name, verdict) in plan.Networks)
            {
                var own = after.Networks.Values.Where(network => network.Resource == name).ToArray();
                if (verdict.Step == ResourceStep.Release)
                {
                    Assert.Empty(own);
                }
                else if (verdict.Status!.IsReady)
                {
                    Assert.Equal((verdict.Status.Vni ?? verdict.Status.Vlan, verdict.Status.Subnet), (Assert.Single(own).Tag, own[0].Subnet.ToString()));
                }
            }

            // What an intent posted, and every endpoint, is as before.
            Assert.Equal(before.Networks.Values.Where(network => network.Resource.Length == 0), after.Networks.Values.Where(network => network.Resource.Length == 0));
            Assert.Equal(before.Tenants.Values.Where(tenant => tenant.Resource.Length == 0), after.Tenants.Values.Where(tenant => tenant.Resource.Length == 0));
            Assert.Empty(StateDiff.Compute(before with { Tenants = after.Tenants, Networks = after.Networks }, after));
            Assert.All(after.Networks.Values, network => Assert.True(after.Tenants.ContainsKey(network.Id.Tenant)));
            Assert.All(after.Endpoints.Keys, id => Assert.True(after.Networks.ContainsKey(id.Network)));
            Assert.Equal(after.Networks.Count, after.Networks.Values.Select(network => network.DatapathId).Distinct().Count());
        }, iter: Histories);
    }

    [Fact]
    public void An_intent_removes_and_changes_nothing_of_a_resource()
    {
        Gen.Select(HistoryGen, IntentGen, Gen.Enum<PostMode>()).Sample((history, intent, mode) =>
        {
            var before = After(history);
            if (States.TryPost(before, intent, mode).Plan is { } plan)
            {
                Assert.Equal(before.Networks.Values.Where(network => network.Resource.Length > 0), plan.After.Networks.Values.Where(network => network.Resource.Length > 0));
                Assert.Equal(before.Tenants.Values.Where(tenant => tenant.Resource.Length > 0), plan.After.Tenants.Values.Where(tenant => tenant.Resource.Length > 0));
            }
        }, iter: Histories);
    }

    private static CustomResource Maybe(CustomResource resource, bool deleted) => deleted ? resource.Deleted() : resource;

    private static ClusterState After((string? Intent, PostMode Mode, CustomResource[] Resources)[] history) => history.Aggregate(
        ClusterState.Empty, (state, step) => step.Intent is null ? state.Post(step.Resources) : States.TryPost(state, step.Intent, step.Mode).Plan?.After ?? state);
}
