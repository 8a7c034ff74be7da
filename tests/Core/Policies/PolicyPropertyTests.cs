using CsCheck;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>What holds of policies in general.</summary>
public sealed class PolicyPropertyTests
{
    private const long Cases = 1_000;
    private static readonly Gen<PolicyCase> CaseGen = PolicyGens.CaseGen(20);

    [Fact]
    public void A_rule_more_in_a_NetworkPolicy_forbids_nothing() => Gen.Select(CaseGen, PolicyGens.NetworkPolicyGen, Gen.Int[0, 9]).Sample(
        (one, more, at) =>
        {
            if (one.Policies.Network is not { IsEmpty: false } policies)
            {
                return;
            }

            var changed = policies[at % policies.Count];
            var after = one.Policies with
            {
                Network =
                [
                    .. policies.Select(policy => policy != changed ? policy : policy with
                    {
                        Ingress = policy.Ingress is { } ingress ? new([.. ingress, .. more.Ingress ?? []]) : null,
                        Egress = policy.Egress is { } egress ? new([.. egress, .. more.Egress ?? []]) : null,
                    }),
                ],
            };
            Assert.All(one.Attempts, attempt => Assert.True(!Allows(one.Policies, attempt) || Allows(after, attempt)));
        },
        iter: Cases);

    [Fact]
    public void A_NetworkPolicy_without_rules_more_allows_nothing_and_is_for_its_pods_alone() => Gen.Select(CaseGen, PolicyGens.SelectorGen).Sample(
        (one, pods) =>
        {
            // Nothing of the baseline, which isolation goes before.
            var before = one.Policies with { Cluster = [.. one.Policies.Cluster.Where(policy => policy.Tier == ClusterPolicyTier.Admin)] };
            var after = before with { Network = [.. before.Network, new(new("one", "more"), pods, new([]), new([]))] };
            foreach (var attempt in one.Attempts)
            {
                Assert.True(Allows(before, attempt) || !Allows(after, attempt));
                Assert.True(Allows(before, attempt) == Allows(after, attempt) || IsOf("one", attempt.From) || IsOf("one", attempt.To));
            }
        },
        iter: Cases);

    [Fact]
    public void The_order_in_which_policies_come_changes_nothing() => CaseGen.Sample(
        one =>
        {
            var turned = new PolicySet([.. one.Policies.Network.Reverse()], [.. one.Policies.Cluster.Reverse()], [.. one.Policies.Intent.Reverse()]);
            Assert.All(one.Attempts, attempt => Assert.Equal(PolicyJudge.Judge(one.Policies, attempt), PolicyJudge.Judge(turned, attempt)));
        },
        iter: Cases);

    [Fact]
    public void A_denying_rule_of_an_intent_more_allows_nothing() => Gen.Select(CaseGen, PolicyGens.IntentPolicyGen).Sample(
        (one, more) =>
        {
            var before = one.Policies with { Cluster = [.. one.Policies.Cluster.Where(policy => policy.Tier == ClusterPolicyTier.Admin)] };
            var after = before with { Intent = [.. before.Intent, more with { Name = "more", Rules = [.. more.Rules.Select(rule => rule with { Allow = false })] }] };
            Assert.All(one.Attempts, attempt => Assert.True(Allows(before, attempt) || !Allows(after, attempt)));
        },
        iter: Cases);

    private static bool Allows(PolicySet policies, Attempt attempt) => PolicyJudge.Judge(policies, attempt).IsAllowed;

    private static bool IsOf(string space, AttemptEnd end) => end is AttemptEnd.OfEndpoint { Endpoint.Pod: { } pod } && pod.Name.Namespace == space;
}
