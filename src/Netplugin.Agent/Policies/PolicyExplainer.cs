using System.Collections.Immutable;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Policies.Maps;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Policies;

/// <summary>Answers what policies say of an attempt: as <see cref="PolicyJudge"/> judges it by the facts, beside what the maps of this node say.</summary>
/// <param name="facts">The facts.</param>
/// <param name="maps">The maps, that nobody writes meanwhile.</param>
/// <param name="reasonOf">What a number in the maps means; null: it is an earlier daemon's.</param>
internal sealed class PolicyExplainer(PolicyFacts facts, IPolicyMaps maps, Func<uint, PolicyReason?> reasonOf)
{
    /// <summary>Answers.</summary>
    /// <param name="question">The question.</param>
    /// <param name="notes">What an operator should know.</param>
    /// <exception cref="ArgumentException">The ends are not known, or ambiguous.</exception>
    public PolicyExplanation Explain(NodeRequest.ExplainPolicy question, ImmutableArray<string> notes)
    {
        var ends = AttemptEnds.Find(facts, question.From, question.To);
        var (from, to) = (Shown(ends.From, ends), Shown(ends.To, ends));
        if (!ends.HasAddresses)
        {
            return new(facts.Me, from, to, question.Protocol, question.Port, false, ends.Apart, null, null, notes);
        }

        var (policies, attempt) = (facts.PolicySet, AttemptOf(question, ends));
        var judged = PolicyJudge.Judge(policies, attempt);
        var otherwise = ends.Others.Where(other => PolicyJudge.Judge(policies, AttemptOf(question, other)).IsAllowed != judged.IsAllowed);
        return new(
            facts.Me, from, to, attempt.Protocol, question.Port, judged.IsAllowed && ends.Apart.Length == 0, ends.Apart,
            Compared(judged.Egress, ends.From, ends.To, PolicyDirection.Egress, ends.Plane, attempt), Compared(judged.Ingress, ends.To, ends.From, PolicyDirection.Ingress, ends.Plane, attempt),
            [.. notes, .. otherwise.Select(other => $"policies say otherwise of {other.From.Address} to {other.To.Address}, which are of the same ends: ask with one of the addresses")]);
    }

    private static Attempt AttemptOf(NodeRequest.ExplainPolicy question, AttemptEnds ends) =>
        new(ends.From, ends.To, question.Protocol == IpProtocols.Icmp && !ends.To.Address.IsV4 ? IpProtocols.IcmpV6 : question.Protocol, question.Port);

    private static ExplainedEnd Shown(AttemptEnd end, AttemptEnds ends)
    {
        var address = ends.HasAddresses || end is not AttemptEnd.OfEndpoint ? end.Address.ToString() : "";
        return end switch
        {
            AttemptEnd.OfEndpoint { Endpoint: var endpoint } => new(
                endpoint.Id.Network == NetworkId.ClusterDefault ? endpoint.Id.Container : endpoint.Id.ToString(), address, endpoint.Id.Network.ToString(), endpoint.Node),
            AttemptEnd.OfNode { Node.Name: var name } => new($"node {name}", address, "", name),
            _ => new(address, address, "", ""),
        };
    }

    private ExplainedDirection Compared(DirectionJudgement judged, AttemptEnd subject, AttemptEnd peer, PolicyDirection direction, NetworkId plane, Attempt attempt)
    {
        var reason = ReasonOf(judged, direction);
        var text = reason is null ? TextOf(judged.Reason) : TextOf(reason);
        var (policy, rule) = (reason?.PolicyText ?? "", reason?.RuleText ?? "");
        var (answer, said) = subject is not AttemptEnd.OfEndpoint { Endpoint: var endpoint } || judged.Reason is JudgementReason.Itself or JudgementReason.LocalNode ? (MapsAnswer.NotAsked, "")
            : endpoint.Node != facts.Me || !facts.Locals.TryGetValue(endpoint.Id, out var local) ? (MapsAnswer.Elsewhere, "")
            : Look(local, judged.IsAllowed, reason, direction, new(plane == NetworkId.ClusterDefault ? DatapathState.Cluster : local.DatapathId, peer.Address), attempt);
        return new(judged.IsAllowed, policy, rule, text, answer, said);
    }

    private (string Answer, string Said) Look(LocalEndpoint local, bool isAllowed, PolicyReason? reason, PolicyDirection direction, IdentityKey peer, Attempt attempt)
    {
        if (PolicyMapLook.Decide(maps, local.Device, direction, peer, attempt.Protocol, attempt.Port) is not { } found)
        {
            return (isAllowed ? MapsAnswer.Same : MapsAnswer.Different, "allowed: no policy was ever enforced here");
        }

        var named = found.Number == 0 ? null : reasonOf(found.Number);
        var isSame = found.Kind == VerdictKind.Allow == isAllowed && named == reason && (found.Number == 0) == (reason is null);
        var by = found.Number == 0 ? found.Kind == VerdictKind.Allow ? "no policy decides" : "the endpoint is closed, for what policies say to it is not in the maps"
            : named is null ? "a rule of an earlier daemon" : TextOf(named);
        return (isSame ? MapsAnswer.Same : MapsAnswer.Different, $"{(found.Kind == VerdictKind.Allow ? "allowed" : "denied")}: {by}");
    }

    private static PolicyReason? ReasonOf(DirectionJudgement judged, PolicyDirection direction) => judged.Reason switch
    {
        JudgementReason.ByRule(var rule) => new PolicyReason.ByRule(rule),
        JudgementReason.Isolated(var by) => new PolicyReason.Isolated(direction, by),
        _ => null,
    };

    private static string TextOf(JudgementReason byNone) => byNone switch
    {
        JudgementReason.NoEndpoint => "no policy is for what is no endpoint",
        JudgementReason.Itself => "a pod reaches itself",
        JudgementReason.LocalNode => "a node reaches the pods that run on it",
        _ => "no policy decides",
    };

    private static string TextOf(PolicyReason reason) =>
        reason is PolicyReason.ByRule(var rule) ? rule.ToString() : $"{reason.RuleText}: isolated by {reason.PolicyText}, and no rule allows it";
}
