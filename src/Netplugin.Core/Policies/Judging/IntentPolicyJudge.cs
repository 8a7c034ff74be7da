using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Judging;

/// <summary>The intent's policies (docs/policy.md).</summary>
internal static class IntentPolicyJudge
{
    /// <summary>What the policies of an endpoint's group say of an attempt; null: no rule matches, or it is in no group.</summary>
    public static DirectionJudgement? Judge(ValueArray<IntentPolicy> policies, Attempt attempt, PolicyEndpoint endpoint, AttemptEnd peer, PolicyDirection direction)
    {
        if (endpoint.Group.Length == 0)
        {
            return null;
        }

        // All policies of the group count as one list: the highest priority first, of equal ones those that deny.
        var own = new GroupId(endpoint.Id.Network, endpoint.Group);
        var ordered =
            from policy in policies
            where policy.Groups.Contains(own)
            from rule in policy.Rules.Select((rule, index) => (Value: rule, Index: index))
            where rule.Value.Direction == direction && Matches(rule.Value, attempt, endpoint, peer)
            orderby rule.Value.Priority descending, rule.Value.Allow, policy.Id, rule.Index
            select new DirectionJudgement(rule.Value.Allow, new JudgementReason.ByRule(new(policy.Id, direction, rule.Index, rule.Value.RuleId)));
        return ordered.FirstOrDefault();
    }

    private static bool Matches(IntentRule rule, Attempt attempt, PolicyEndpoint endpoint, AttemptEnd peer) =>
        IsPeer(rule.Peer, endpoint, peer) && IsProtocol(rule.Protocol, attempt.Protocol) && (rule.Port == 0 || (IpProtocols.HasPorts(attempt.Protocol) && attempt.Port == rule.Port));

    private static bool IsPeer(IntentPeer peer, PolicyEndpoint endpoint, AttemptEnd end)
    {
        var other = (end as AttemptEnd.OfEndpoint)?.Endpoint;
        return (peer.Group is not { } wanted || (other is not null && new GroupId(other.Id.Network, other.Group) == wanted))
            && (peer.Network is not { } network || other?.Id.Network == network)
            && (peer.Addresses is not { } block || AddressesOf(end, endpoint).Any(block.Contains));
    }

    /// <summary>
    /// The addresses, of the attempt's family, by which an end can be meant: an endpoint of the same network is its address there and its cluster address, whichever plane it speaks in. Another
    /// network's address means somebody else here.
    /// </summary>
    private static IEnumerable<IpAddr> AddressesOf(AttemptEnd end, PolicyEndpoint endpoint)
    {
        if (end is not AttemptEnd.OfEndpoint { Endpoint: var other })
        {
            return [end.Address];
        }

        IpAddr?[] known = [other.ClusterAddresses.Of(end.Address.IsV4), other.Id.Network == endpoint.Id.Network ? other.Addresses.Of(end.Address.IsV4) : null];
        return known.OfType<IpAddr>();
    }

    private static bool IsProtocol(IntentProtocol asked, byte protocol) =>
        asked.IsIcmp ? protocol is IpProtocols.Icmp or IpProtocols.IcmpV6 : asked.Number is null || asked.Number == protocol;
}
