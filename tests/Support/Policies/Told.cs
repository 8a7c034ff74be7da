using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Tests.Support.Policies;

/// <summary>An object in a state, as a compiler is told of it.</summary>
/// <param name="Name">Its kind and name; the same in every state.</param>
/// <param name="Set">Tells that it is in this state.</param>
/// <param name="Remove">Tells that it is gone.</param>
public sealed record Told(string Name, Action<PolicyCompiler> Set, Action<PolicyCompiler> Remove)
{
    /// <summary>A policy.</summary>
    public static Told Of(NormalPolicy policy) => new($"{policy.Id}", compiler => compiler.Set(policy), compiler => compiler.Remove(policy.Id));

    /// <summary>An endpoint.</summary>
    public static Told Of(PolicyEndpoint endpoint) => new($"endpoint {endpoint.Id}", compiler => compiler.Set(endpoint), compiler => compiler.Remove(endpoint.Id));

    /// <summary>A node with its address.</summary>
    public static Told Of(PolicyNode node, IpAddr address) => new($"node {node.Name}", compiler => compiler.Set(node, [address]), compiler => compiler.RemoveNode(node.Name));

    /// <summary>Everything in a case but its attempts.</summary>
    public static Told[] Objects(PolicyCase one) =>
    [
        .. PolicyCases.Normal(one.Policies).Select(Of), .. one.Endpoints.Select(Of), .. one.Nodes.Select(node => Of(node, ClusterGens.NodeAddress(node))),
    ];
}
