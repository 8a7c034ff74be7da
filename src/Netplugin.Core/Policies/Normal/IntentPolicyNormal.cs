using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Normal;

/// <summary>The normal form of an intent's policy.</summary>
public static class IntentPolicyNormal
{
    /// <summary>Of one policy.</summary>
    public static NormalPolicy Of(IntentPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new(
            policy.Id,
            PolicyStage.Intent,
            [.. policy.Groups.Select(group => new NormalSubject.Group(group))],
            [.. policy.Rules.Select((rule, index) => Rule(policy, rule, index))]);
    }

    // The higher priority goes first and, of equal ones, who denies.
    private static NormalRule Rule(IntentPolicy policy, IntentRule rule, int index) => new(
        new(policy.Id, rule.Direction, index, rule.RuleId),
        (2 * (IntentRule.HighestPriority - rule.Priority)) + (rule.Allow ? 1 : 0),
        rule.Allow ? PolicyAction.Accept : PolicyAction.Deny,
        [Peer(rule.Peer)],
        Traffic(rule));

    private static NormalPeer Peer(IntentPeer peer) => peer switch
    {
        { Network: { } network } => new NormalPeer.Network(network),
        { Group: { } group } => new NormalPeer.Group(group, peer.Addresses),
        { Addresses: { } block } => new NormalPeer.NetworkBlock(block),
        _ => new NormalPeer.Everybody(),
    };

    private static ValueArray<NormalTraffic> Traffic(IntentRule rule) => rule switch
    {
        { Protocol.IsIcmp: true } => [new NormalTraffic.Protocol(IpProtocols.Icmp), new NormalTraffic.Protocol(IpProtocols.IcmpV6)],
        { Protocol.Number: { } number, Port: > 0 and var port } => [new NormalTraffic.Ports((TransportProtocol)number, port, port)],
        { Protocol.Number: { } number } => [new NormalTraffic.Protocol(number)],
        _ => [new NormalTraffic.All()],
    };
}
