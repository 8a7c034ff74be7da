using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Netplugin.Agent.Loop;

/// <summary>What an operator should look at, by topic: whoever finds a problem puts it up, and takes it down when it is over. Safe from any thread.</summary>
internal sealed class ProblemBoard
{
    private const int FewShown = 5;
    private readonly ConcurrentDictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>The sentences, in the order of their topics.</summary>
    public ImmutableArray<string> All => [.. _problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value)];

    /// <summary>The problem of a topic; null when there is none.</summary>
    public string? Get(string topic) => _problems.GetValueOrDefault(topic);

    /// <summary>Puts a problem up, or takes it down with null.</summary>
    /// <returns>True when that changed something.</returns>
    public bool Set(string topic, string? problem)
    {
        if (problem is null)
        {
            return _problems.TryRemove(topic, out _);
        }

        var changed = !_problems.TryGetValue(topic, out var known) || known != problem;
        _problems[topic] = problem;
        return changed;
    }

    /// <summary>Puts up the first few of all problems whose topics begin so, and how many more there are.</summary>
    /// <param name="prefix">What their topics begin with.</param>
    /// <param name="all">All of them, with the rest of the topic, in an order.</param>
    /// <param name="more">Says that there are so many more.</param>
    public void SetFirst(string prefix, IReadOnlyCollection<(string Topic, string Problem)> all, Func<int, string> more)
    {
        HashSet<string> shown = new(StringComparer.Ordinal);
        foreach (var (topic, problem) in all.Take(FewShown))
        {
            shown.Add(prefix + topic);
            Set(prefix + topic, problem);
        }

        if (all.Count > FewShown)
        {
            // After the others.
            shown.Add(prefix + "~");
            Set(prefix + "~", more(all.Count - FewShown));
        }

        KeepOnly(prefix, shown);
    }

    /// <summary>Takes down every problem whose topic begins so and is not among those that still hold.</summary>
    public void KeepOnly(string prefix, IReadOnlySet<string> topics)
    {
        foreach (var topic in _problems.Keys)
        {
            if (topic.StartsWith(prefix, StringComparison.Ordinal) && !topics.Contains(topic))
            {
                _problems.TryRemove(topic, out _);
            }
        }
    }
}

/// <summary>Topics that more than one part speaks of.</summary>
internal static class LoopTopics
{
    /// <summary>The last reconcile failed.</summary>
    public const string Datapath = "datapath";

    /// <summary>Another node has this node's block, or a part of it.</summary>
    public const string Blocks = "blocks";

    /// <summary>The pod CIDR that Kubernetes gave this node is missing, or not the one that pods get addresses of.</summary>
    public const string PodCidr = "kubernetes-node";

    /// <summary>The container runtime uses another network's configuration.</summary>
    public const string CniOrder = "cni-order";

    /// <summary>This node could not lease its block, or pods run with addresses of another one.</summary>
    public const string PodPool = "pod-pool";

    /// <summary>The host's stack does not reach the default network's pods.</summary>
    public const string HostPlane = "host-plane";

    /// <summary>Connections that have ended are not taken away.</summary>
    public const string Connections = "connections";
}
