using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Normal;

/// <summary>
/// A policy of any language in the form that is compiled. One policy has one normal form, whatever other policies there are.
/// </summary>
/// <remarks>
/// <para>
/// What policies mean together. For an attempt and a direction, those count that have the direction's endpoint among their subjects. In a stage, the rules of all of them are one list, ordered by
/// <see cref="NormalRule.Precedence"/>, then by policy, then by place; the first that matches decides. When none does and one of them isolates, the stage denies; else it does not decide, as with
/// a rule that passes.
/// </para>
/// <para>
/// Stage <see cref="PolicyStage.Admin"/> is asked first. Then both <see cref="PolicyStage.NetworkPolicy"/> and <see cref="PolicyStage.Intent"/>: what either denies is denied, else what either
/// accepts is accepted. Then <see cref="PolicyStage.Baseline"/>. What no stage decides is allowed.
/// </para>
/// <para>
/// Three facts are no policy's. A pod reaches itself by its own address. Through a Service it does so as far as Admin and Baseline let it: to the stage NetworkPolicy a pod that is isolated accepts
/// itself, and the stage Intent is not asked. And the node that an endpoint runs on reaches it.
/// </para>
/// </remarks>
/// <param name="Id">Its name.</param>
/// <param name="Stage">When it is asked.</param>
/// <param name="Subjects">Whom it is for: whoever is one of these.</param>
/// <param name="Rules">Its rules, in order.</param>
/// <param name="IsolatesIngress">True: connections to its subjects that no rule of the stage matches are denied.</param>
/// <param name="IsolatesEgress">True: connections that its subjects make and no rule of the stage matches are denied.</param>
public sealed record NormalPolicy(
    PolicyId Id, PolicyStage Stage, ValueArray<NormalSubject> Subjects, ValueArray<NormalRule> Rules, bool IsolatesIngress = false, bool IsolatesEgress = false)
{
    /// <summary>True when it isolates its subjects in a direction.</summary>
    public bool Isolates(PolicyDirection direction) => direction == PolicyDirection.Ingress ? IsolatesIngress : IsolatesEgress;
}

/// <summary>When a policy is asked.</summary>
public enum PolicyStage
{
    /// <summary>First.</summary>
    Admin,

    /// <summary>Second: what namespaces say.</summary>
    NetworkPolicy,

    /// <summary>Second too: what tenants say.</summary>
    Intent,

    /// <summary>Last.</summary>
    Baseline,
}

/// <summary>Whom a policy is for.</summary>
public abstract record NormalSubject
{
    private NormalSubject()
    {
    }

    /// <summary>Pods.</summary>
    /// <param name="Selection">Which.</param>
    public sealed record Pods(PodSelection Selection) : NormalSubject;

    /// <summary>The endpoints of a group.</summary>
    /// <param name="Id">The group.</param>
    public sealed record Group(GroupId Id) : NormalSubject;
}

/// <summary>Pods by namespace and labels, in whichever network they are.</summary>
/// <param name="Namespaces">Their namespaces.</param>
/// <param name="Labels">Their labels.</param>
public sealed record PodSelection(NamespaceSelection Namespaces, LabelSelector Labels);

/// <summary>Namespaces.</summary>
public abstract record NamespaceSelection
{
    private NamespaceSelection()
    {
    }

    /// <summary>One.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record Named(string Name) : NamespaceSelection;

    /// <summary>Those with certain labels.</summary>
    /// <param name="Labels">The labels.</param>
    public sealed record Labelled(LabelSelector Labels) : NamespaceSelection;
}
