using System.Collections.Immutable;

namespace Netplugin.Runtime;

/// <summary>A pod of one container, for <see cref="PodStarter"/>.</summary>
/// <param name="Name">The pod's name; also its host name and its container's name.</param>
/// <param name="Image">An image the runtime already has.</param>
public sealed record PodSpec(string Name, string Image)
{
    /// <summary>The Kubernetes namespace.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The UID; drawn when not given.</summary>
    public string Uid { get; init; } = Guid.NewGuid().ToString();

    /// <summary>What to run; the image's own command when empty.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Its arguments.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>The pod's labels.</summary>
    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The pod's annotations.</summary>
    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Existing folder on the node for the container's log (<c>NAME.log</c>); none when empty.</summary>
    public string LogFolder { get; init; } = "";

    /// <summary>The cgroup that holds the pod's own (cgroupfs form, <c>/name</c>); the runtime's default when empty.</summary>
    public string CgroupParent { get; init; } = "";

    /// <summary>True: the pod uses the node's own network.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>Capabilities the container gets beyond the runtime's default, like <c>NET_RAW</c>.</summary>
    public ImmutableArray<string> Capabilities { get; init; } = [];

    /// <summary>True: the container gets all capabilities and no confinement.</summary>
    public bool Privileged { get; init; }
}
