using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Tests.Support.Policies;

/// <summary>Generated cases as a compiler is told of them, and the judge's answers in its terms.</summary>
public static class PolicyCases
{
    private static readonly (byte, ushort)[] Traffic = [(6, 80), (17, 53)];

    /// <summary>All policies in the form that a compiler takes.</summary>
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

    /// <summary>What maps say of some traffic between everybody that there is in any of these cases.</summary>
    public static List<(bool IsAllowed, PolicyReason? Reason)> Answers(PolicyTables maps, params PolicyCase[] cases)
    {
        var peers = Peers(cases);
        return [.. cases.SelectMany(one => one.Endpoints).Select(endpoint => endpoint.Id).Distinct().SelectMany(endpoint => Answers(maps, endpoint, peers))];
    }

    /// <summary>What maps say of some traffic between an endpoint and everybody that there is in a case.</summary>
    public static IEnumerable<(bool IsAllowed, PolicyReason? Reason)> Answers(PolicyTables maps, EndpointId endpoint, PolicyCase one) => Answers(maps, endpoint, Peers(one));

    /// <summary>An end's address in the plane that it is of.</summary>
    public static PlaneAddress PlaneOf(AttemptEnd end) =>
        new(end is AttemptEnd.OfEndpoint { Endpoint: var endpoint } && endpoint.Addresses.Contains(end.Address) ? endpoint.Id.Network : NetworkId.ClusterDefault, end.Address);

    /// <summary>True where what an endpoint sends to an end does not leave its pod.</summary>
    public static bool IsSame(PolicyEndpoint endpoint, AttemptEnd end) =>
        end is AttemptEnd.OfEndpoint { Endpoint: var other } && (other.Id == endpoint.Id || (other.Pod is { } pod && pod.Name == endpoint.Pod?.Name));

    /// <summary>A judgement as maps say it.</summary>
    public static (bool IsAllowed, PolicyReason? Reason) Of(DirectionJudgement judged, PolicyDirection direction) => (judged.IsAllowed, judged.Reason switch
    {
        JudgementReason.ByRule rule => new PolicyReason.ByRule(rule.Rule),
        JudgementReason.Isolated isolated => new PolicyReason.Isolated(direction, isolated.By),
        _ => null,
    });

    private static PlaneAddress[] Peers(params PolicyCase[] cases) => [.. cases.SelectMany(one => ClusterGens.Ends(one.Endpoints, one.Nodes)).Select(PlaneOf).Distinct()];

    private static IEnumerable<(bool IsAllowed, PolicyReason? Reason)> Answers(PolicyTables maps, EndpointId endpoint, PlaneAddress[] peers) =>
        from direction in Enum.GetValues<PolicyDirection>()
        from isItself in (bool[])[false, true]
        from peer in peers
        from traffic in Traffic
        select maps.Decide(endpoint, direction, peer, traffic.Item1, traffic.Item2, isItself);
}
