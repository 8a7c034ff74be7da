using System.Net;

namespace Netplugin.Tests.Kubernetes.Reachability;

/// <summary>An address and port that somebody may ask, and the pods that it may lead to.</summary>
/// <param name="Kind">What it is, for messages and for counting.</param>
/// <param name="Target">Where the question goes.</param>
/// <param name="Pods">The pods behind it, by number, whoever asks; of a network address all that have it.</param>
public sealed record Way(WayKind Kind, IPEndPoint Target, IReadOnlyList<int> Pods);

/// <summary>By what one pod may try to reach another.</summary>
public enum WayKind
{
    /// <summary>Its address in its network.</summary>
    NetworkAddress,

    /// <summary>Its cluster address; a default network's pod has no other.</summary>
    ClusterAddress,

    /// <summary>An address that the name of a headless Service gives.</summary>
    HeadlessName,

    /// <summary>The cluster address of a Service.</summary>
    ClusterIP,

    /// <summary>The port of a Service at a node.</summary>
    NodePort,

    /// <summary>A pod's own port at its node.</summary>
    HostPort,
}

/// <summary>
/// Who may reach whom, straight from the promise: pods of one network reach each other by every way, and nobody else does. The default network is one
/// as any other here; a network address means nothing but in the network of who asks.
/// </summary>
public static class ReferenceEvaluator
{
    /// <summary>The pods, by number, that a question of a pod may get to. A Service's is sent to one that it chooses among all it has.</summary>
    public static IEnumerable<int> Reached(World world, int from, Way way) => way.Pods.Where(pod => world.Pods[pod].Network == world.Pods[from].Network);

    /// <summary>Whether the question must get to one of these: it may go nowhere else.</summary>
    public static bool MustArrive(World world, int from, Way way)
    {
        int reached = Reached(world, from, way).Count();
        return reached > 0 && (way.Kind == WayKind.NetworkAddress || reached == way.Pods.Count);
    }
}
