using Netplugin.Core.Model;

namespace Netplugin.Store;

/// <summary>A node as the store knows it.</summary>
/// <param name="Node">What it registered.</param>
/// <param name="Status">What its daemon says now; null when no daemon runs there.</param>
public sealed record NodeView(NodeRecord Node, NodeStatus? Status);
