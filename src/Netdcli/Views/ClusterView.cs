using System.Collections.Immutable;
using Netplugin.Core.Model;
using Netplugin.Store;

namespace Netdcli.Views;

/// <summary>What the store says: what <c>get</c>, <c>status</c> and <c>dump</c> show.</summary>
/// <param name="State">What was posted, and where it runs.</param>
/// <param name="Identity">The store's identity; null before the first post.</param>
/// <param name="Nodes">What nodes registered and report, by host label.</param>
internal sealed record ClusterView(ClusterState State, ClusterRecord? Identity, ImmutableSortedDictionary<string, NodeView> Nodes);
