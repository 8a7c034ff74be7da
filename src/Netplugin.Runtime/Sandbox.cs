using System.Collections.Immutable;

namespace Netplugin.Runtime;

/// <summary>A pod's sandbox as its runtime lists it.</summary>
/// <param name="Id">The runtime's id of it; the container id of CNI calls.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">The pod's Kubernetes namespace.</param>
/// <param name="Uid">The pod's UID.</param>
/// <param name="State">Whether it runs.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Annotations">The pod's annotations.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Sandbox(
    string Id,
    string Name,
    string Namespace,
    string Uid,
    SandboxState State,
    ImmutableDictionary<string, string> Labels,
    ImmutableDictionary<string, string> Annotations,
    DateTimeOffset CreatedAt);

/// <summary>Whether a sandbox runs.</summary>
public enum SandboxState
{
    /// <summary>It runs and has its network.</summary>
    Ready,

    /// <summary>It stopped (or is stopping): its network was or will be torn down, and it never runs again.</summary>
    NotReady,
}
