using System.Text;
using Netplugin.Core.Policies;

namespace Netplugin.Tests.Support.Policies;

/// <summary>A generated cluster with policies of all languages, and attempts at connections in it.</summary>
/// <param name="Endpoints">Its endpoints.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Policies">Its policies.</param>
/// <param name="Attempts">The attempts.</param>
public sealed record PolicyCase(PolicyEndpoint[] Endpoints, PolicyNode[] Nodes, PolicySet Policies, Attempt[] Attempts)
{
    /// <summary>All of it, as a failing test prints it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("\n");
        text.AppendJoin('\n', [.. Endpoints, .. Nodes, .. Policies.Network, .. Policies.Cluster, .. Policies.Intent, .. Attempts.Take(3)]);
        return text.ToString();
    }
}
