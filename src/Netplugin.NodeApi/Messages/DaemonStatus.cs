using System.Collections.Immutable;

namespace Netplugin.NodeApi.Messages;

/// <summary>How a node is, as its own daemon says when asked.</summary>
/// <param name="Host">Its host label.</param>
/// <param name="Version">The daemon's version.</param>
/// <param name="State"><c>starting</c>, <c>ready</c>, <c>degraded</c> (works, see the problems) or <c>holding</c> (waits for an operator).</param>
/// <param name="StartedAt">When the daemon started.</param>
/// <param name="Store">Its connection to the store.</param>
/// <param name="Vtep">Its tunnel endpoint's address; empty while unknown.</param>
/// <param name="UnderlayMtu">MTU of the underlay device in bytes; 0 while unknown.</param>
/// <param name="OverlayMtu">MTU that pods get, in bytes; 0 while unknown.</param>
/// <param name="Endpoints">How many interfaces are attached here.</param>
/// <param name="Pods">How many pods (sandboxes) they belong to.</param>
/// <param name="Networks">How many networks are present here.</param>
/// <param name="LastReconcile">When the last reconcile ended; null before the first.</param>
/// <param name="Reconciles">How many reconciles ran since the start.</param>
/// <param name="Pending">How many things wait to be done again (unbinds, deletions).</param>
/// <param name="Problems">What is wrong and what to do, a sentence each; empty when all is well.</param>
public sealed record DaemonStatus(
    string Host,
    string Version,
    string State,
    DateTimeOffset StartedAt,
    StoreConnection Store,
    string Vtep,
    int UnderlayMtu,
    int OverlayMtu,
    int Endpoints,
    int Pods,
    int Networks,
    DateTimeOffset? LastReconcile,
    long Reconciles,
    int Pending,
    ImmutableArray<string> Problems);

/// <summary>A daemon's connection to its store.</summary>
/// <param name="Kind"><c>etcd</c> or <c>embedded</c>.</param>
/// <param name="Address">The endpoints, or the embedded store's folder; without credentials.</param>
/// <param name="Connected">True when the store answers.</param>
/// <param name="Reason">Why not; empty when connected.</param>
/// <param name="Since">Since when it is as it is.</param>
/// <param name="Revision">The newest revision seen; 0 before the first.</param>
public sealed record StoreConnection(
    string Kind, string Address, bool Connected, string Reason, DateTimeOffset Since, long Revision);
