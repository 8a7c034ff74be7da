namespace Netplugin.Core.Policies;

/// <summary>Where a policy is from.</summary>
public enum PolicyKind
{
    /// <summary>A <c>NetworkPolicy</c> of a namespace (networking.k8s.io/v1).</summary>
    NetworkPolicy,

    /// <summary>A <c>ClusterNetworkPolicy</c> (policy.networking.k8s.io/v1alpha2).</summary>
    ClusterNetworkPolicy,

    /// <summary>An entry of a tenant's <c>Policies</c> in an intent.</summary>
    Intent,
}

/// <summary>Names a policy.</summary>
/// <param name="Kind">Where it is from.</param>
/// <param name="Scope">Its namespace or tenant; empty for a policy of the cluster.</param>
/// <param name="Name">Its name there.</param>
public readonly record struct PolicyId(PolicyKind Kind, string Scope, string Name) : IComparable<PolicyId>
{
    /// <summary>By kind, then by scope and name, ordinal.</summary>
    public int CompareTo(PolicyId other) =>
        Kind.CompareTo(other.Kind) is not 0 and var byKind ? byKind
        : string.CompareOrdinal(Scope, other.Scope) is not 0 and var byScope ? byScope
        : string.CompareOrdinal(Name, other.Name);

    /// <summary><c>NetworkPolicy shop/web</c>.</summary>
    public override string ToString() => Scope.Length == 0 ? $"{Show(Kind)} {Name}" : $"{Show(Kind)} {Scope}/{Name}";

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(PolicyId left, PolicyId right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(PolicyId left, PolicyId right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(PolicyId left, PolicyId right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(PolicyId left, PolicyId right) => left.CompareTo(right) >= 0;

    private static string Show(PolicyKind kind) => kind == PolicyKind.Intent ? "policy" : kind.ToString();
}

/// <summary>Names a rule of a policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Direction">Which of its lists the rule is in.</param>
/// <param name="Rule">Its place there, from 0; of an intent's rule that among the policy's rules of both directions.</param>
/// <param name="Name">What its author calls it; empty when that is nothing.</param>
public readonly record struct RuleId(PolicyId Policy, PolicyDirection Direction, int Rule, string Name)
{
    /// <summary><c>ingress 0</c>, with the name when it has one: what counters and events call it beside the policy.</summary>
    public string ShortText => $"{(Direction == PolicyDirection.Ingress ? "ingress" : "egress")} {Rule}{(Name.Length == 0 ? "" : $" ({Name})")}";

    /// <summary><c>NetworkPolicy shop/web, ingress rule 0</c>, with the name when it has one.</summary>
    public override string ToString() =>
        $"{Policy}, {(Direction == PolicyDirection.Ingress ? "ingress" : "egress")} rule {Rule}{(Name.Length == 0 ? "" : $" ({Name})")}";
}

/// <summary>Which way a rule looks at a connection, from the endpoint that the policy is for.</summary>
public enum PolicyDirection
{
    /// <summary>Connections made to it.</summary>
    Ingress,

    /// <summary>Connections that it makes.</summary>
    Egress,
}

/// <summary>What a rule does with what it matches.</summary>
public enum PolicyAction
{
    /// <summary>Allows it; nothing after it is asked.</summary>
    Accept,

    /// <summary>Denies it; nothing after it is asked.</summary>
    Deny,

    /// <summary>Leaves it to the next tier; no other rule of its own tier is asked.</summary>
    Pass,
}
