using Netplugin.Agent.Resolve;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Agent.Kubernetes;

/// <summary>What a pod of the API server says of its networks.</summary>
/// <param name="Labels">Its labels by which it has a network.</param>
/// <param name="Annotation">Its annotation <see cref="NetworkSelection.Key"/>, of one that is too long only the beginning; null: it has none.</param>
internal readonly record struct PodWishes(NetworkLabels Labels, string? Annotation)
{
    /// <summary>Those of a pod.</summary>
    public static PodWishes Of(Pod pod) => new(
        NetworkLabels.Of(pod.Labels),
        pod.Annotations[NetworkSelection.Key] is { } text ? text.Length > NetworkSelection.Longest ? text[..(NetworkSelection.Longest + 1)] : text : null);
}
