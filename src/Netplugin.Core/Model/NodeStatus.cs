using System.Collections.Immutable;

namespace Netplugin.Core.Model;

/// <summary>
/// What a running daemon says of its health, kept in the store by the daemon's lease: a node without one has no running daemon
/// (its pods keep running all the same).
/// </summary>
/// <param name="Host">The host label.</param>
/// <param name="Version">The daemon's version.</param>
/// <param name="Since">When the daemon started.</param>
/// <param name="State">One or two words for the operator, e.g. <c>ready</c> or <c>holding back</c>.</param>
/// <param name="OverlayMtu">Largest IP packet in bytes that a pod on this node may send.</param>
/// <param name="Networks">Networks with an endpoint on this node.</param>
/// <param name="Endpoints">Endpoints in this node's maps, here and elsewhere.</param>
/// <param name="Pods">Sandboxes attached on this node.</param>
/// <param name="LastReconcile">When the loop last made the kernel agree with what is wanted; null before the first time.</param>
/// <param name="Problems">What an operator should look at, a sentence each; empty when all is well.</param>
public sealed record NodeStatus(
    string Host, string Version, DateTimeOffset Since, string State, int OverlayMtu,
    int Networks, int Endpoints, int Pods, DateTimeOffset? LastReconcile, ImmutableArray<string> Problems);
