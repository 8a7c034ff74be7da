using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies;

/// <summary>
/// A label selector (meta/v1 <c>LabelSelector</c>): selects what fulfils every requirement, so one without any selects everything. An entry of
/// <c>matchLabels</c> is a requirement <c>In</c> with one value, which is what the API says it means.
/// </summary>
/// <param name="Requirements">What labels must fulfil, those of <c>matchLabels</c> first.</param>
public sealed record LabelSelector(ValueArray<LabelRequirement> Requirements)
{
    /// <summary>The empty selector.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>As <c>kubectl</c> writes it: <c>app=web,tier in (a,b),!old</c>.</summary>
    public override string ToString() => string.Join(',', Requirements.Select(one => one.ToString()));
}

/// <summary>One requirement of a selector.</summary>
/// <param name="Key">The label's key.</param>
/// <param name="Operator">What is asked of it.</param>
/// <param name="Values">The values of <c>In</c> and <c>NotIn</c>; empty for the others.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, ValueArray<string> Values)
{
    /// <inheritdoc/>
    public override string ToString() => Operator switch
    {
        LabelOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
        LabelOperator.In => $"{Key} in ({string.Join(',', Values)})",
        LabelOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
        LabelOperator.Exists => Key,
        _ => $"!{Key}",
    };
}

/// <summary>What a requirement asks of a label.</summary>
public enum LabelOperator
{
    /// <summary>It is there with one of the values.</summary>
    In,

    /// <summary>It is not there, or with none of the values.</summary>
    NotIn,

    /// <summary>It is there.</summary>
    Exists,

    /// <summary>It is not there.</summary>
    DoesNotExist,
}
