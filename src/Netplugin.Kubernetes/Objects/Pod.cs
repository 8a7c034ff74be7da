using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Kubernetes.Objects;

/// <summary>What is used of a Pod (core/v1).</summary>
/// <param name="Name">Its namespace and name.</param>
/// <param name="Uid">Its uid: a pod of the same name that comes later is another.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Those of its annotations that are a network's business; others are not kept.</param>
/// <param name="Node">The node it is bound to; null while it is not.</param>
/// <param name="IsHostNetwork">True: it has the node's own network, and none of ours.</param>
/// <param name="Phase"><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</param>
/// <param name="Addresses">Its addresses as its node reported them, one a family.</param>
public sealed record Pod(
    NamespacedName Name,
    string Uid,
    Labels Labels,
    Labels Annotations,
    string? Node,
    bool IsHostNetwork,
    string Phase,
    ImmutableArray<IpAddr> Addresses)
{
    // Names a pod that the kubelet was given by a file, of which the API server has only an image with a uid of its own.
    internal const string MirrorAnnotation = "kubernetes.io/config.mirror";

    /// <summary>The uid by which the kubelet and the runtime know it.</summary>
    public string RuntimeUid => Annotations[MirrorAnnotation] ?? Uid;
}
