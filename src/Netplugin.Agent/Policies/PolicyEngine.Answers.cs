using System.Collections.Immutable;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Policies;

/// <summary>What people are told of policies.</summary>
internal sealed partial class PolicyEngine
{
    /// <summary>What policies say of an attempt, beside what the maps say.</summary>
    /// <exception cref="ArgumentException">The ends are not known, or ambiguous.</exception>
    /// <exception cref="Linux.KernelException">The maps cannot be read.</exception>
    public Task<PolicyExplanation> ExplainAsync(NodeRequest.ExplainPolicy question) =>
        AskAsync(facts => new PolicyExplainer(facts, _parts.Maps, Denied.Find).Explain(question, Notes()), afterPass: true);

    /// <summary>The policies as they are enforced here.</summary>
    /// <exception cref="Linux.KernelException">The maps cannot be read.</exception>
    public Task<ImmutableArray<EnforcedPolicy>> PoliciesAsync() => AskAsync(facts =>
    {
        var (denied, unreadable) = (Denied.Read(), _parts.Unreadable.All);
        var endpoints = facts.Locals.Keys.SelectMany(_compiler.PoliciesFor).CountBy(id => id).ToDictionary();
        var unfit = _compiler.Unfit.SelectMany(one => one.Policies.Select(policy => (policy, SentenceOf(one)))).ToLookup(one => one.policy, one => one.Item2);
        return facts.Policies.Keys.Union(unreadable.Keys).Order().Select(id =>
        {
            var policy = facts.Policies.GetValueOrDefault(id);
            var cluster = (policy as KnownPolicy.OfCluster)?.Policy;
            var count = denied.Of(id);
            return new EnforcedPolicy(
                id.Kind.ToString(), id.Scope, id.Name, cluster?.Tier.ToString() ?? "", cluster?.Priority, policy is not null, endpoints.GetValueOrDefault(id), count.Packets, count.Bytes,
                [.. (unreadable.GetValueOrDefault(id)?.Problems ?? []).Select(problem => problem.ToString()), .. unfit[id]]);
        }).ToImmutableArray();
    }, afterPass: true);

    private ImmutableArray<string> Notes() =>
    [
        .. ((string?[])[Lacking() is { } lacking ? $"what is enforced is what an earlier daemon left, for {lacking}" : null, _parts.Problems.Get(MapsTopic)]).OfType<string>(),
        .. _compiler.Unfit.Select(SentenceOf),
    ];
}
