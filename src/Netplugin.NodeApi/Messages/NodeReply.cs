using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Netplugin.NodeApi.Messages;

/// <summary>What the daemon answers: one JSON object whose <c>"kind"</c> names the case.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Ran), "ran")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Refused), "error")]
[JsonDerivedType(typeof(Status), "status")]
[JsonDerivedType(typeof(Endpoints), "endpoints")]
[JsonDerivedType(typeof(Counters), "counters")]
[JsonDerivedType(typeof(Metrics), "metrics")]
[JsonDerivedType(typeof(Policies), "policies")]
[JsonDerivedType(typeof(Explained), "explained")]
[JsonDerivedType(typeof(Observed), "observed")]
[JsonDerivedType(typeof(Entries), "entries")]
[JsonDerivedType(typeof(Snapshot), "snapshot")]
[JsonDerivedType(typeof(Changed), "changed")]
[JsonDerivedType(typeof(Disconnected), "disconnected")]
[JsonDerivedType(typeof(Committed), "committed")]
[JsonDerivedType(typeof(Leased), "leased")]
public abstract record NodeReply
{
    private NodeReply()
    {
    }

    /// <summary>What k8contivnet prints and exits with.</summary>
    /// <param name="Exit">The exit code.</param>
    /// <param name="Stdout">What goes to stdout, as it is.</param>
    /// <param name="Stderr">What to say on stderr, a line; empty for nothing. A CNI error is in its object on stdout instead.</param>
    public sealed record Ran(int Exit, string Stdout, string Stderr = "") : NodeReply;

    /// <summary>It was done; there is nothing to tell.</summary>
    public sealed record Done : NodeReply;

    /// <summary>The request was refused or failed.</summary>
    /// <param name="Code">One of <see cref="NodeErrorCode"/>'s texts.</param>
    /// <param name="Message">A sentence for the operator that says what to do.</param>
    public sealed record Refused(string Code, string Message) : NodeReply;

    /// <summary>How the node is.</summary>
    /// <param name="Node">The status.</param>
    public sealed record Status(DaemonStatus Node) : NodeReply;

    /// <summary>What is attached here.</summary>
    /// <param name="Items">In order of tenant, network, container.</param>
    public sealed record Endpoints(ImmutableArray<AttachedEndpoint> Items) : NodeReply;

    /// <summary>The datapath's counters since the maps were made.</summary>
    /// <param name="Drops">Packets dropped, by reason.</param>
    /// <param name="Others">Everything else that is counted, by name.</param>
    public sealed record Counters(ImmutableSortedDictionary<string, long> Drops, ImmutableSortedDictionary<string, long> Others) : NodeReply;

    /// <summary>The metrics.</summary>
    /// <param name="Text">Prometheus text exposition format 0.0.4.</param>
    public sealed record Metrics(string Text) : NodeReply;

    /// <summary>The policies as the node enforces them.</summary>
    /// <param name="Items">In order of kind, scope and name.</param>
    public sealed record Policies(ImmutableArray<EnforcedPolicy> Items) : NodeReply;

    /// <summary>What policies say of an attempt to connect.</summary>
    /// <param name="Explanation">What they say.</param>
    public sealed record Explained(PolicyExplanation Explanation) : NodeReply;

    /// <summary>Packets that were seen, or none yet.</summary>
    /// <param name="Items">In the order in which they were seen.</param>
    /// <param name="Lost">How many packets were not shown since the client began: dropped ones that there was no room for, and any that the client was too slow for. Before the filter.</param>
    public sealed record Observed(ImmutableArray<ObservedPacket> Items, long Lost) : NodeReply;

    /// <summary>Keys as asked for; null where a key does not exist.</summary>
    /// <param name="Items">In the order asked.</param>
    public sealed record Entries(ImmutableArray<EntryMessage?> Items) : NodeReply;

    /// <summary>A prefix at one revision.</summary>
    /// <param name="Revision">The revision.</param>
    /// <param name="Items">In key order.</param>
    public sealed record Snapshot(long Revision, ImmutableArray<EntryMessage> Items) : NodeReply;

    /// <summary>Changes under a followed prefix.</summary>
    /// <param name="Revision">The last revision they reach to.</param>
    /// <param name="Items">In revision order; a value of null = removed.</param>
    public sealed record Changed(long Revision, ImmutableArray<EntryMessage> Items) : NodeReply;

    /// <summary>The store behind the daemon went away; following goes on.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Disconnected(string Reason) : NodeReply;

    /// <summary>How a transaction ended.</summary>
    /// <param name="Succeeded">False: a compare did not hold.</param>
    /// <param name="Revision">The store's revision after it.</param>
    public sealed record Committed(bool Succeeded, long Revision) : NodeReply;

    /// <summary>A lease was granted.</summary>
    /// <param name="Id">Its id.</param>
    public sealed record Leased(long Id) : NodeReply;
}
