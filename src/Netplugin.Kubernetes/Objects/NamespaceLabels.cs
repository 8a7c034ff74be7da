using Netplugin.Core.Collections;

namespace Netplugin.Kubernetes.Objects;

/// <summary>What is used of a Namespace (core/v1).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
public sealed record NamespaceLabels(string Name, Labels Labels);
