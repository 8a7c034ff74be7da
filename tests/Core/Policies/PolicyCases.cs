using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Policies.Normal;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>Generated cases as a compiler is told of them, and the judge's answers in its terms.</summary>
internal static class PolicyCases
{
    /// <summary>Every end of a case by every address, and addresses that are nobody's.</summary>
    public static AttemptEnd[] Ends(PolicyCase one) =>
    [
        .. from endpoint in one.Endpoints from address in endpoint.Addresses.Concat(endpoint.ClusterAddresses) select new AttemptEnd.OfEndpoint(endpoint, address),
        .. one.Nodes.Select(node => new AttemptEnd.OfNode(node, NodeAddress(node))),
        .. ((string[])["203.0.113.7", "10.1.0.40", "11.1.0.2", "2001:db8::7"]).Select(text => new AttemptEnd.Outside(IpAddr.Parse(text))),
    ];

    public static IEnumerable<NormalPolicy> Normal(PolicySet policies) =>
    [
        .. policies.Network.Select(NetworkPolicyNormal.Of), .. policies.Cluster.Select(ClusterNetworkPolicyNormal.Of), .. policies.Intent.Select(IntentPolicyNormal.Of),
    ];

    public static void Tell(PolicyCompiler compiler, PolicyCase one)
    {
        foreach (var policy in Normal(one.Policies))
        {
            compiler.Set(policy);
        }

        foreach (var endpoint in one.Endpoints)
        {
            compiler.Set(endpoint);
        }

        foreach (var node in one.Nodes)
        {
            compiler.Set(node, [NodeAddress(node)]);
        }
    }

    /// <summary>As <see cref="ClusterGens"/> addresses its nodes.</summary>
    public static IpAddr NodeAddress(PolicyNode node) => IpAddr.Parse("192.168.2.0").Add((UInt128)(node.Name[1] - '0'));

    public static PlaneAddress PlaneOf(AttemptEnd end) =>
        new(end is AttemptEnd.OfEndpoint { Endpoint: var endpoint } && endpoint.Addresses.Contains(end.Address) ? endpoint.Id.Network : NetworkId.ClusterDefault, end.Address);

    public static bool IsSame(PolicyEndpoint endpoint, AttemptEnd end) =>
        end is AttemptEnd.OfEndpoint { Endpoint: var other } && (other.Id == endpoint.Id || (other.Pod is { } pod && pod.Name == endpoint.Pod?.Name));

    public static (bool IsAllowed, PolicyReason? Reason) Of(DirectionJudgement judged) => (judged.IsAllowed, judged.Reason switch
    {
        JudgementReason.ByRule rule => new PolicyReason.ByRule(rule.Rule),
        JudgementReason.Isolated isolated => new PolicyReason.Isolated(isolated.By),
        _ => null,
    });
}
