using Netplugin.Core.Model;

namespace Netplugin.Agent.Cluster;

/// <summary>What a node remembers of the store it follows, in its state directory.</summary>
/// <param name="ClusterId">The store's content.</param>
/// <param name="Generation">The generation that was followed last.</param>
/// <param name="Revision">The highest revision seen.</param>
/// <param name="HeldClusterId">The content that is being held back from; null when none is.</param>
/// <param name="HeldGeneration">The generation of that content when it was first seen: it is followed once its generation is higher.</param>
/// <param name="Post">The highest number of a post seen.</param>
internal sealed record StoreMemory(
    Guid ClusterId, long Generation, long Revision, Guid? HeldClusterId = null, long HeldGeneration = 0, long Post = 0);

/// <summary>Whether the store may be followed.</summary>
/// <param name="Memory">What to remember from now on; null while the store was never written.</param>
/// <param name="Held">Why the node holds back, for the operator; null when the store may be followed.</param>
/// <param name="Accepted">True when this look ended a reset: what follows is a new content.</param>
internal readonly record struct StoreVerdict(StoreMemory? Memory, string? Held, bool Accepted);

/// <summary>
/// Tells a wiped, restored or exchanged store from a quiet one, so that no running pod is torn down because the store forgot it. Pure.
/// </summary>
internal static class StoreGuard
{
    private const string WhatToDo = "running pods are kept as they are; if the store is meant to be so, run: netdcli store accept-reset";

    /// <summary>Judges the store's identity at one revision.</summary>
    /// <param name="memory">What was remembered; null on a node's first start.</param>
    /// <param name="cluster">The store's record; null when it has none.</param>
    /// <param name="revision">The store's revision at which that was read.</param>
    /// <param name="post">
    /// The number of its last post. A restored store whose nodes have registered anew may have grown past the revision seen before; that a
    /// post is missing tells all the same.
    /// </param>
    public static StoreVerdict Judge(StoreMemory? memory, ClusterRecord? cluster, long revision, long post = 0)
    {
        if (cluster?.SchemaProblem is { } problem)
        {
            return new(memory, problem, false);
        }

        if (memory is null)
        {
            return new(cluster is null ? null : Follow(cluster, revision, post), null, false);
        }

        if (cluster is null)
        {
            // The record that will be made next is a new content with a first generation of its own: that alone is no acceptance.
            return new(memory with { HeldClusterId = Guid.Empty, HeldGeneration = 0 }, $"the store is empty and was not before: {WhatToDo}", false);
        }

        if (memory.HeldClusterId is { } held)
        {
            return JudgeHeld(memory, held, cluster, revision, post);
        }

        if (cluster.ClusterId != memory.ClusterId)
        {
            return new(
                memory with { HeldClusterId = cluster.ClusterId, HeldGeneration = cluster.Generation },
                $"the store holds another cluster ({cluster.ClusterId}, this node follows {memory.ClusterId}): {WhatToDo}", false);
        }

        if (cluster.Generation > memory.Generation)
        {
            return new(Follow(cluster, revision, post), null, true);
        }

        if (revision < memory.Revision || post < memory.Post || cluster.Generation < memory.Generation)
        {
            return new(
                memory with { HeldClusterId = cluster.ClusterId, HeldGeneration = cluster.Generation }, Reason(memory, cluster, revision, post), false);
        }

        return new(memory with { Revision = revision, Post = post }, null, false);
    }

    private static StoreVerdict JudgeHeld(StoreMemory memory, Guid held, ClusterRecord cluster, long revision, long post)
    {
        if (cluster.ClusterId == held && cluster.Generation > memory.HeldGeneration)
        {
            return new(Follow(cluster, revision, post), null, true);
        }

        if (held != memory.ClusterId && cluster.ClusterId == memory.ClusterId && cluster.Generation >= memory.Generation
            && revision >= memory.Revision && post >= memory.Post)
        {
            // The store that was followed is back: the other was a mistake in an address. One that was rolled back is not known by its
            // revision or its posts, which grow beyond the remembered ones by anybody's writes.
            return new(Follow(cluster, revision, post), null, cluster.Generation > memory.Generation);
        }

        if (held == Guid.Empty && cluster.Generation > ClusterGenerations.First)
        {
            // Seen empty, and now it has a record that was raised above what it was born with.
            return new(Follow(cluster, revision, post), null, true);
        }

        return new(
            cluster.ClusterId == held
                ? memory
                : memory with { HeldClusterId = cluster.ClusterId, HeldGeneration = held == Guid.Empty ? ClusterGenerations.First : cluster.Generation },
            Reason(memory, cluster, revision, post), false);
    }

    private static StoreMemory Follow(ClusterRecord cluster, long revision, long post) =>
        new(cluster.ClusterId, cluster.Generation, revision, Post: post);

    private static string Reason(StoreMemory memory, ClusterRecord cluster, long revision, long post) => cluster.ClusterId == memory.ClusterId
        ? $"the store is older than what this node has seen (revision {revision}, post {post}; seen {memory.Revision}, {memory.Post}): {WhatToDo}"
        : $"the store holds another cluster ({cluster.ClusterId}, this node follows {memory.ClusterId}): {WhatToDo}";
}

/// <summary>Generations of a store's content.</summary>
internal static class ClusterGenerations
{
    /// <summary>What a content is born with; <c>netdcli store accept-reset</c> raises it.</summary>
    public const long First = 0;
}
