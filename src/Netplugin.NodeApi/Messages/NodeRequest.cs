using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Netplugin.NodeApi.Messages;

/// <summary>
/// What a client asks of the daemon: one JSON object whose <c>"op"</c> names the case and whose <c>"v"</c> is
/// <see cref="NodeCodec.Version"/>. Unknown members are ignored, so that an older daemon understands a newer client of the
/// same version.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(RunCni), "cni")]
[JsonDerivedType(typeof(RunExec), "exec")]
[JsonDerivedType(typeof(GetStatus), "status")]
[JsonDerivedType(typeof(GetEndpoints), "endpoints")]
[JsonDerivedType(typeof(GetCounters), "counters")]
[JsonDerivedType(typeof(GetMetrics), "metrics")]
[JsonDerivedType(typeof(GetPolicies), "policies")]
[JsonDerivedType(typeof(ExplainPolicy), "explain")]
[JsonDerivedType(typeof(Observe), "observe")]
[JsonDerivedType(typeof(Resync), "resync")]
[JsonDerivedType(typeof(SetLogLevel), "log-level")]
[JsonDerivedType(typeof(StoreGet), "store.get")]
[JsonDerivedType(typeof(StoreList), "store.list")]
[JsonDerivedType(typeof(StoreCommit), "store.commit")]
[JsonDerivedType(typeof(StoreFollow), "store.follow")]
[JsonDerivedType(typeof(StoreLease), "store.lease")]
public abstract record NodeRequest
{
    private NodeRequest()
    {
    }

    /// <summary>The protocol version the client speaks.</summary>
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = NodeCodec.Version;

    /// <summary>
    /// A CNI invocation as k8contivnet got it; answered with <see cref="NodeReply.Ran"/>. The pod's network namespace comes
    /// as a descriptor with the first byte; there is none when the namespace is gone (DEL) or the command has none (GC, STATUS).
    /// </summary>
    /// <param name="Environment">The CNI variables.</param>
    /// <param name="Stdin">The network configuration as the runtime wrote it: JSON text.</param>
    public sealed record RunCni(CniEnvironment Environment, string Stdin) : NodeRequest;

    /// <summary>A call in the kubelet's exec form; answered with <see cref="NodeReply.Ran"/>.</summary>
    /// <param name="Action"><c>init</c>, <c>setup</c>, <c>teardown</c> or <c>status</c>.</param>
    /// <param name="Arguments">What followed the action: pod namespace and name in either order, infra container id.</param>
    public sealed record RunExec(string Action, ImmutableArray<string> Arguments) : NodeRequest;

    /// <summary>How the node is; answered with <see cref="NodeReply.Status"/>.</summary>
    public sealed record GetStatus : NodeRequest;

    /// <summary>What is attached here; answered with <see cref="NodeReply.Endpoints"/>.</summary>
    public sealed record GetEndpoints : NodeRequest;

    /// <summary>The datapath's counters; answered with <see cref="NodeReply.Counters"/>.</summary>
    public sealed record GetCounters : NodeRequest;

    /// <summary>The Prometheus text; answered with <see cref="NodeReply.Metrics"/>.</summary>
    public sealed record GetMetrics : NodeRequest;

    /// <summary>The policies as the node enforces them; answered with <see cref="NodeReply.Policies"/>.</summary>
    public sealed record GetPolicies : NodeRequest;

    /// <summary>What policies say of an attempt to connect; answered with <see cref="NodeReply.Explained"/>.</summary>
    /// <param name="From">Who makes it: <c>namespace/pod</c>, <c>tenant/network/container</c> or an IP address.</param>
    /// <param name="To">Who is to get it.</param>
    /// <param name="Protocol">IANA's number of the protocol; 1 is ICMPv6 where the ends speak IPv6.</param>
    /// <param name="Port">The destination port; 0 for protocols without ports.</param>
    public sealed record ExplainPolicy(string From, string To, byte Protocol, ushort Port) : NodeRequest;

    /// <summary>
    /// Shows packets that are dropped here until the client closes: <see cref="NodeReply.Observed"/> frames, the first at once. A client that does not read misses packets.
    /// </summary>
    /// <param name="Flows">True: the first packets of flows that policies allow, too.</param>
    /// <param name="Filter">Which packets.</param>
    public sealed record Observe(bool Flows, ObserveFilter Filter) : NodeRequest;

    /// <summary>Compare everything with the kernel now; answered with <see cref="NodeReply.Done"/> when it has been.</summary>
    public sealed record Resync : NodeRequest;

    /// <summary>Log at another level until the daemon restarts; answered with <see cref="NodeReply.Done"/>.</summary>
    /// <param name="Level"><c>trace</c>, <c>debug</c>, <c>information</c>, <c>warning</c> or <c>error</c>.</param>
    public sealed record SetLogLevel(string Level) : NodeRequest;

    /// <summary>Reads keys at one revision; answered with <see cref="NodeReply.Entries"/>.</summary>
    /// <param name="Keys">The keys, in the order wanted.</param>
    public sealed record StoreGet(ImmutableArray<string> Keys) : NodeRequest;

    /// <summary>Reads a prefix at one revision; answered with <see cref="NodeReply.Snapshot"/>.</summary>
    /// <param name="Prefix">The prefix.</param>
    public sealed record StoreList(string Prefix) : NodeRequest;

    /// <summary>Commits a transaction; answered with <see cref="NodeReply.Committed"/>.</summary>
    /// <param name="Compares">What must hold.</param>
    /// <param name="Writes">What is then done.</param>
    public sealed record StoreCommit(ImmutableArray<CompareMessage> Compares, ImmutableArray<WriteMessage> Writes) : NodeRequest;

    /// <summary>
    /// Follows a prefix until the client closes: <see cref="NodeReply.Snapshot"/>, <see cref="NodeReply.Changed"/> and
    /// <see cref="NodeReply.Disconnected"/> frames.
    /// </summary>
    /// <param name="Prefix">The prefix.</param>
    public sealed record StoreFollow(string Prefix) : NodeRequest;

    /// <summary>
    /// Grants a lease that lives as long as this connection: <see cref="NodeReply.Leased"/>, and later, if the lease is lost, a
    /// <see cref="NodeReply.Refused"/>. Other connections may put keys with its id meanwhile.
    /// </summary>
    /// <param name="TimeToLiveMilliseconds">How long the keys outlive a daemon that stops, in milliseconds.</param>
    public sealed record StoreLease(long TimeToLiveMilliseconds) : NodeRequest;
}
