namespace Netplugin.Kubernetes.Policies;

/// <summary>Something wrong in an object, and where.</summary>
/// <param name="Path">The field, as <c>spec.ingress[0].from[1].ipBlock.cidr</c>; empty: the object as a whole.</param>
/// <param name="Message">What is wrong. One sentence without a full stop.</param>
public readonly record struct FieldProblem(string Path, string Message)
{
    /// <summary><c>path: message</c>.</summary>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
