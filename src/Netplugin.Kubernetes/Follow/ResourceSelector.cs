namespace Netplugin.Kubernetes.Follow;

/// <summary>Which objects of a resource are followed, in the API's own syntax; the default is all.</summary>
/// <param name="Labels">Label selector, e.g. <c>app=web,!canary</c>; null = any.</param>
/// <param name="Fields">Field selector, e.g. <c>spec.nodeName=node-1</c>; null = any.</param>
public readonly record struct ResourceSelector(string? Labels = null, string? Fields = null)
{
    /// <summary>The pods of one node.</summary>
    /// <param name="node">The node's name.</param>
    public static ResourceSelector OnNode(string node) => new(Fields: $"spec.nodeName={node}");

    /// <summary>The object of this name.</summary>
    /// <param name="name">Its name.</param>
    public static ResourceSelector Named(string name) => new(Fields: $"metadata.name={name}");
}
