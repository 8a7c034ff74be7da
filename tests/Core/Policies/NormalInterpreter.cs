using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Tests.Core.Policies;

/// <summary>What the normal form says of an attempt, from what its documentation says it means.</summary>
internal sealed class NormalInterpreter(IEnumerable<NormalPolicy> policies)
{
    private readonly NormalPolicy[] _policies = [.. policies];

    public Judgement Judge(Attempt attempt) => new(
        Judge(attempt, attempt.From, attempt.To, PolicyDirection.Egress),
        Judge(attempt, attempt.To, attempt.From, PolicyDirection.Ingress));

    private DirectionJudgement Judge(Attempt attempt, AttemptEnd subject, AttemptEnd peer, PolicyDirection direction)
    {
        if (subject is not AttemptEnd.OfEndpoint { Endpoint: var endpoint })
        {
            return new(true, new JudgementReason.NoEndpoint());
        }

        var other = (peer as AttemptEnd.OfEndpoint)?.Endpoint;
        var isItself = other is not null && (other.Id == endpoint.Id || (other.Pod is not null && other.Pod.Name == endpoint.Pod?.Name));
        if (isItself && !attempt.ThroughService)
        {
            return new(true, new JudgementReason.Itself());
        }

        if (direction == PolicyDirection.Ingress && peer is AttemptEnd.OfNode node && node.Node.Name == endpoint.Node)
        {
            return new(true, new JudgementReason.LocalNode());
        }

        var those = _policies.Where(policy => policy.Subjects.Any(one => IsSubject(one, endpoint))).ToLookup(policy => policy.Stage);
        var admin = Stage([.. those[PolicyStage.Admin]]);
        if (admin is not null)
        {
            return admin;
        }

        var network = those[PolicyStage.NetworkPolicy].ToArray();
        DirectionJudgement?[] middle = isItself
            ? [network.Any(policy => policy.Isolates(direction)) ? new(true, new JudgementReason.Itself()) : null]
            : [Stage(network), Stage([.. those[PolicyStage.Intent]])];
        return middle.FirstOrDefault(one => one is { IsAllowed: false })
            ?? middle.FirstOrDefault(one => one is not null)
            ?? Stage([.. those[PolicyStage.Baseline]])
            ?? new(true, new JudgementReason.Undecided());

        DirectionJudgement? Stage(NormalPolicy[] stage)
        {
            var rules = stage.SelectMany(policy => policy.Rules).Where(rule => rule.Id.Direction == direction).OrderBy(rule => (rule.Precedence, rule.Id.Policy, rule.Id.Rule));
            foreach (var rule in rules)
            {
                if (rule.Peers.Any(one => IsPeer(one, endpoint, peer)) && rule.Traffic.Any(one => IsTraffic(one, attempt)))
                {
                    return rule.Action == PolicyAction.Pass ? null : new(rule.Action == PolicyAction.Accept, new JudgementReason.ByRule(rule.Id));
                }
            }

            PolicyId[] isolating = [.. stage.Where(policy => policy.Isolates(direction)).Select(policy => policy.Id).Order()];
            return isolating.Length == 0 ? null : new(false, new JudgementReason.Isolated([.. isolating]));
        }
    }

    private static bool IsSubject(NormalSubject subject, PolicyEndpoint endpoint) => subject switch
    {
        NormalSubject.Pods pods => IsSelected(pods.Selection, endpoint),
        NormalSubject.Group group => IsOf(group.Id, endpoint),
        _ => throw new ArgumentException($"{subject}", nameof(subject)),
    };

    private static bool IsPeer(NormalPeer peer, PolicyEndpoint subject, AttemptEnd end)
    {
        var endpoint = (end as AttemptEnd.OfEndpoint)?.Endpoint;
        return peer switch
        {
            NormalPeer.Everybody => true,
            NormalPeer.Pods pods => endpoint is not null && IsSelected(pods.Selection, endpoint),
            NormalPeer.Nodes nodes => end is AttemptEnd.OfNode node && AreSelected(nodes.Labels, node.Node.Labels),
            NormalPeer.Network network => endpoint is not null && endpoint.Id.Network == network.Id,
            NormalPeer.Group group => endpoint is not null && IsOf(group.Id, endpoint) && (group.Within is not { } block || IsWithin(block)),
            NormalPeer.ClusterBlock block => IsIn(block, endpoint is not null && Of(endpoint.ClusterAddresses) is { } address ? address : end.Address),
            NormalPeer.NetworkBlock block => IsWithin(block.Cidr),
            _ => throw new ArgumentException($"{peer}", nameof(peer)),
        };

        IpAddr? Of(PerFamily<IpAddr> addresses) => addresses.Of(end.Address.IsV4);

        static bool IsIn(NormalPeer.ClusterBlock block, IpAddr address) => block.Cidr.Contains(address) && !block.Except.Any(part => part.Contains(address));

        bool IsWithin(IpPrefix block) => endpoint is null
            ? block.Contains(end.Address)
            : (Of(endpoint.ClusterAddresses) is { } cluster && block.Contains(cluster))
                || (endpoint.Id.Network == subject.Id.Network && Of(endpoint.Addresses) is { } own && block.Contains(own));
    }

    private static bool IsTraffic(NormalTraffic traffic, Attempt attempt) => traffic switch
    {
        NormalTraffic.All => true,
        NormalTraffic.Protocol protocol => protocol.Number == attempt.Protocol,
        NormalTraffic.Ports ports => (byte)ports.Transport == attempt.Protocol && ports.First <= attempt.Port && attempt.Port <= ports.Last,
        NormalTraffic.Named named => attempt.To is AttemptEnd.OfEndpoint { Endpoint.Pod: { } pod }
            && pod.Ports.Contains(new(named.Name, named.Transport, attempt.Port)) && (byte)named.Transport == attempt.Protocol,
        _ => throw new ArgumentException($"{traffic}", nameof(traffic)),
    };

    private static bool IsOf(GroupId group, PolicyEndpoint endpoint) => endpoint.Id.Network == group.Network && endpoint.Group == group.Group;

    private static bool IsSelected(PodSelection selection, PolicyEndpoint endpoint) => endpoint.Pod is { } pod && AreSelected(selection.Labels, pod.Labels) && selection.Namespaces switch
    {
        NamespaceSelection.Named named => pod.Name.Namespace == named.Name,
        NamespaceSelection.Labelled labelled => AreSelected(labelled.Labels, pod.NamespaceLabels),
        _ => throw new ArgumentException($"{selection}", nameof(selection)),
    };

    private static bool AreSelected(LabelSelector selector, Labels labels) => selector.Requirements.All(one => (one.Operator, labels[one.Key]) switch
    {
        (LabelOperator.Exists, var value) => value is not null,
        (LabelOperator.DoesNotExist, var value) => value is null,
        (LabelOperator.In, var value) => value is not null && one.Values.Contains(value),
        (_, var value) => value is null || !one.Values.Contains(value),
    });
}
