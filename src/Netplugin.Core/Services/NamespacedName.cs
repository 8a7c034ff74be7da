namespace Netplugin.Core.Services;

/// <summary>A Kubernetes object's namespace and name, which together name it among those of its kind.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The name.</param>
public readonly record struct NamespacedName(string Namespace, string Name) : IComparable<NamespacedName>
{
    /// <summary>By namespace, then by name, ordinal.</summary>
    public int CompareTo(NamespacedName other) =>
        string.CompareOrdinal(Namespace, other.Namespace) is not 0 and var order ? order : string.CompareOrdinal(Name, other.Name);

    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(NamespacedName left, NamespacedName right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(NamespacedName left, NamespacedName right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(NamespacedName left, NamespacedName right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(NamespacedName left, NamespacedName right) => left.CompareTo(right) >= 0;
}
