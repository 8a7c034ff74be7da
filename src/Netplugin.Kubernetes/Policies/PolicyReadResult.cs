using Netplugin.Core.Collections;

namespace Netplugin.Kubernetes.Policies;

/// <summary>What was read of a policy object. One with problems is not thrown away, for then what it denies would be open: what could not be read fails closed, the rest counts.</summary>
/// <typeparam name="T">The policy's type.</typeparam>
/// <param name="Policy">The policy, closed where it could not be read; null when not even whom it is for, or its place among others, can be told.</param>
/// <param name="Problems">All that is wrong with the object, in its order.</param>
public sealed record PolicyReadResult<T>(T? Policy, ValueArray<FieldProblem> Problems)
    where T : class
{
    /// <summary>The object's uid.</summary>
    public string Uid { get; init; } = "";
}
