using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Agent.Metrics;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;

namespace Netplugin.Agent.Policies;

/// <summary>What is told of what is enforced.</summary>
internal sealed partial class PolicyEngine
{
    /// <summary>What the topics begin with of endpoints for which the maps have no room.</summary>
    internal const string RoomTopics = "policies/room/";

    /// <summary>The topic of a source that cannot be followed.</summary>
    internal static string TopicOf(string what) => $"policies/follow/{what}";

    /// <summary>The policies that the maps have no room for, with a sentence each that stays the same for as long as that is so.</summary>
    public IReadOnlyCollection<(PolicyId Id, string Sentence)> Unfit => Volatile.Read(ref _unfit);

    /// <summary>What Prometheus is told beside what was counted as it happened.</summary>
    public IEnumerable<MetricSample> Samples()
    {
        var counts = Volatile.Read(ref _counts);
        yield return new(
            "netplugin_policies",
            "gauge",
            "Policies of the cluster that are enforced where they are for an endpoint of this node, by kind.",
            [.. Enum.GetValues<PolicyKind>().Select(kind => (PrometheusText.Label("kind", kind.ToString()), (double)counts.Policies.FirstOrDefault(one => one.Key == kind).Value))]);
        yield return new("netplugin_policy_generation", "gauge", "How often what is enforced became another.", [("", counts.Generation)]);
        yield return new("netplugin_policy_endpoints", "gauge", "Interfaces of this node's pods that policies are enforced for.", [("", counts.Endpoints)]);
        foreach (var sample in DeniedSamples(Denied.Read()))
        {
            yield return sample;
        }

        yield return new("netplugin_policies_unreadable", "gauge", "Policies with something that cannot be read, which is closed.", [("", _parts.Unreadable.Count)]);
    }

    /// <summary>The series of what was denied. There is always one, so that a counter that never counted is zero.</summary>
    internal static IEnumerable<MetricSample> DeniedSamples(DeniedTotals totals)
    {
        ImmutableArray<(string Labels, DeniedCount Count)> all =
        [
            .. totals.Named.Where(one => one.IsKept).Select(one => (Labels(one.Reason.PolicyText, one.Reason.RuleText, one.Reason.Way), one.Count)).OrderBy(one => one.Item1, StringComparer.Ordinal),
            (Labels("others", "", null), totals.Others),
            (Labels("unknown", "", null), totals.Former),
        ];
        yield return new(
            "netplugin_policy_denied_packets_total", "counter", "Packets that policies denied, by policy and rule.", [.. all.Select(one => (one.Labels, (double)one.Count.Packets))]);
        yield return new(
            "netplugin_policy_denied_bytes_total", "counter", "Bytes of frames that policies denied, by policy and rule.", [.. all.Select(one => (one.Labels, (double)one.Count.Bytes))]);

        static string Labels(string policy, string rule, PolicyDirection? direction) => string.Join(
            ',', PrometheusText.Label("policy", policy), PrometheusText.Label("rule", rule), PrometheusText.Label("direction", direction switch { PolicyDirection.Ingress => "ingress", PolicyDirection.Egress => "egress", _ => "" }));
    }

    private void TellUntold()
    {
        foreach (var setting in _untold)
        {
            switch (setting)
            {
                case PolicySetting.PolicyIs(var policy) when _enforced.Add(policy.Id):
                    if (_hasBegun)
                    {
                        PolicyLog.Enforced(_parts.Log, policy.Id);
                    }

                    break;
                case PolicySetting.PolicyIs(var policy):
                    PolicyLog.Changed(_parts.Log, policy.Id);
                    break;
                case PolicySetting.PolicyGone(var id) when _enforced.Remove(id):
                    PolicyLog.Gone(_parts.Log, id);
                    break;
            }
        }

        _untold.Clear();
        _parts.Problems.SetFirst(
            RoomTopics,
            [.. _compiler.Unfit.Select(unfit => (unfit.Endpoint.ToString(), SentenceOf(unfit)))],
            more => string.Create(CultureInfo.InvariantCulture, $"the maps have no room for what policies say to {more} more endpoints"));
        Volatile.Write(ref _unfit, [.. _compiler.Unfit.SelectMany(unfit => unfit.Policies.Select(id => (id, unfit.Shortage.Map))).DistinctBy(one => one.id).Select(one => (one.id, SentenceOf(one.id, one.Map)))]);
        if (!_hasBegun)
        {
            _hasBegun = true;
            PolicyLog.Begun(_parts.Log, _enforced.Count, _attached.Count);
        }
    }

    private static string SentenceOf(UnfitEndpoint unfit)
    {
        var (map, needed, size) = unfit.Shortage;
        var what = unfit.IsClosed ? "is closed" : "is as policies were before";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{unfit.Endpoint} {what}, for the node's map of {NameOf(map)} has no room for what its policies say ({needed} entries would be needed, {size} are the most): let {string.Join(", ", unfit.Policies)} say less");
    }

    private string SentenceOf(PolicyId id, PolicyMap map) =>
        $"{id} is not enforced as it is for some pods of node {_parts.Node}, whose map of {NameOf(map)} has no room for what policies say to them: they are closed, or as policies were before. "
        + "netdcli policy list there names them; let it say less.";

    private static string NameOf(PolicyMap map) => map switch
    {
        PolicyMap.Identities => "addresses",
        PolicyMap.IdentityBlocks => "blocks of addresses",
        PolicyMap.Verdicts => "verdicts",
        PolicyMap.PortEntries => "ports",
        _ => "reasons",
    };

    private sealed record PolicyCounts(ulong Generation, int Endpoints, ImmutableArray<KeyValuePair<PolicyKind, int>> Policies);
}
