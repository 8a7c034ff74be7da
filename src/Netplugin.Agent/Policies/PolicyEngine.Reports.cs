using System.Collections.Immutable;
using Netplugin.Agent.Metrics;
using Netplugin.Core.Policies;

namespace Netplugin.Agent.Policies;

/// <summary>What is told of what is enforced.</summary>
internal sealed partial class PolicyEngine
{
    /// <summary>The topic of a source that cannot be followed.</summary>
    internal static string TopicOf(string what) => $"policies/follow/{what}";

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
        yield return new("netplugin_policies_unreadable", "gauge", "Policies with something that cannot be read, which is closed.", [("", _parts.Unreadable.Count)]);
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
        if (!_hasBegun)
        {
            _hasBegun = true;
            PolicyLog.Begun(_parts.Log, _enforced.Count, _attached.Count);
        }
    }

    private sealed record PolicyCounts(ulong Generation, int Endpoints, ImmutableArray<KeyValuePair<PolicyKind, int>> Policies);
}
