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
    public static IEnumerable<NormalPolicy> Normal(PolicySet policies) =>
    [
        .. policies.Network.Select(NetworkPolicyNormal.Of), .. policies.Cluster.Select(ClusterNetworkPolicyNormal.Of), .. policies.Intent.Select(IntentPolicyNormal.Of),
    ];

    /// <summary>Tells a compiler of all of a case.</summary>
    /// <returns>The maps that it asks for then.</returns>
    public static PolicyTables Compile(PolicyCompiler compiler, PolicyCase one)
    {
        Array.ForEach(Told.Objects(one), told => told.Set(compiler));
        var maps = new PolicyTables();
        maps.Apply(compiler.TakeChanges());
        return maps;
    }

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
