namespace Netplugin.Agent.Resolve;

/// <summary>What Kubernetes says of a pod's networks; nothing of either: it is no pod of Kubernetes, or names none.</summary>
/// <param name="Label">The network that labels name, of the pod or its namespace; null: none.</param>
/// <param name="Annotation">What its annotation <see cref="Core.Resources.NetworkSelection.Key"/> says, as typed; null: it has none.</param>
internal readonly record struct WishedNetworks(LabelledNetwork? Label, string? Annotation);
