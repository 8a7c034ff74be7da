namespace Netplugin.Core.Services;

/// <summary>Where the node stands that a table is made for.</summary>
/// <param name="Name">The node's name in Kubernetes: endpoints that bear it are local.</param>
/// <param name="Zone">Its label <c>topology.kubernetes.io/zone</c>; null: it is in none, and hints say nothing to it.</param>
public sealed record NodePlace(string Name, string? Zone);
