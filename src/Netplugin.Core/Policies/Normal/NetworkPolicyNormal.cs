namespace Netplugin.Core.Policies.Normal;

/// <summary>The normal form of a NetworkPolicy.</summary>
public static class NetworkPolicyNormal
{
    /// <summary>Of one policy.</summary>
    public static NormalPolicy Of(NetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var own = new NamespaceSelection.Named(policy.Name.Namespace);
        return new(
            policy.Id,
            PolicyStage.NetworkPolicy,
            [new NormalSubject.Pods(new(own, policy.PodSelector))],
            [.. Rules(policy, PolicyDirection.Ingress, own), .. Rules(policy, PolicyDirection.Egress, own)],
            policy.Ingress is not null,
            policy.Egress is not null);
    }

    // A rule that could not be read matches nothing: it is left out, and the others keep their places.
    private static IEnumerable<NormalRule> Rules(NetworkPolicy policy, PolicyDirection direction, NamespaceSelection own) =>
        (policy.Rules(direction) ?? [])
            .Select((rule, index) => (rule, index))
            .Where(one => one.rule.IsReadable)
            .Select(one => new NormalRule(
                new(policy.Id, direction, one.index, ""),
                0,
                PolicyAction.Accept,
                one.rule.Peers.IsEmpty ? [new NormalPeer.Everybody()] : [.. one.rule.Peers.Select(peer => Peer(peer, own))],
                one.rule.Ports.IsEmpty ? [new NormalTraffic.All()] : [.. one.rule.Ports.Select(Traffic)]));

    private static NormalPeer Peer(NetworkPolicyPeer peer, NamespaceSelection own) => peer switch
    {
        NetworkPolicyPeer.Pods(var namespaces, var pods) => new NormalPeer.Pods(
            new(namespaces is null ? own : new NamespaceSelection.Labelled(namespaces), pods ?? LabelSelector.Everything)),
        NetworkPolicyPeer.IpBlock(var cidr, var except) => new NormalPeer.ClusterBlock(cidr, except),
        _ => throw new ArgumentException($"unknown peer {peer}", nameof(peer)),
    };

    private static NormalTraffic Traffic(NetworkPolicyPort port) => port switch
    {
        NetworkPolicyPort.Any(var protocol) => new NormalTraffic.Protocol((byte)protocol),
        NetworkPolicyPort.Range(var protocol, var first, var last) => new NormalTraffic.Ports(protocol, first, last),
        NetworkPolicyPort.Named(var protocol, var name) => new NormalTraffic.Named(protocol, name),
        _ => throw new ArgumentException($"unknown port {port}", nameof(port)),
    };
}
