using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Resolve;

/// <summary>Which endpoints a pod gets. Pure.</summary>
internal static class EndpointResolver
{
    private const int ShortId = 12;

    /// <summary>Chooses from the endpoints that carry the pod's name, or that an operator gave to its sandbox.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="podNamespace">Its namespace; empty when unknown.</param>
    /// <param name="sandbox">Its sandbox.</param>
    /// <param name="me">This node's host label.</param>
    /// <param name="candidates">The endpoints in posting order.</param>
    /// <param name="runs">Whether a sandbox runs on this node, as far as the runtime says.</param>
    /// <returns>At least one, in posting order.</returns>
    /// <exception cref="ResolveException">None can be chosen.</exception>
    public static ImmutableArray<EndpointCandidate> Choose(
        string pod, string podNamespace, string sandbox, string me, ImmutableArray<EndpointCandidate> candidates, Func<string, bool> runs)
    {
        // An operator may have given the endpoint to another container; a container that is gone takes no endpoint with it.
        var free = candidates.RemoveAll(c => c.Record.AttachUuid.Length > 0 && !Names(c.Record.AttachUuid, sandbox) && runs(c.Record.AttachUuid));
        if (free.IsEmpty)
        {
            throw candidates.IsEmpty
                ? new ResolveException(ResolveFailure.NotPosted, $"no endpoint is posted for pod {pod}: post one with netdcli -add-cfg")
                : new ResolveException(
                    ResolveFailure.HomedElsewhere,
                    $"endpoint {candidates[0].Record.Id} is given to container {candidates[0].Record.AttachUuid}: change it with netdcli -host-bindings-cfg");
        }

        var chosen = OfOneTenant(pod, podNamespace, free);
        if (chosen.FirstOrDefault(c => c.Record.Host.Length > 0 && c.Record.Host != me) is { } elsewhere)
        {
            throw new ResolveException(
                ResolveFailure.HomedElsewhere,
                $"endpoint {elsewhere.Record.Id} is homed on host {elsewhere.Record.Host}, this is {me}: start the pod there, or change it with netdcli -host-bindings-cfg");
        }

        if (chosen.FirstOrDefault(c => c.Network.Encap != Encap.Vxlan) is { } vlan)
        {
            throw new ResolveException(
                ResolveFailure.Unsupported,
                $"network {vlan.Network.Id} is a VLAN network and this netplugin carries VXLAN networks: post it with PktTagType vxlan");
        }

        return chosen;
    }

    /// <summary>True when what an operator typed names a sandbox: its id, or its beginning of at least 12 characters as tools show it.</summary>
    public static bool Names(string typed, string sandbox) =>
        typed == sandbox || (typed.Length >= ShortId && sandbox.StartsWith(typed, StringComparison.Ordinal));

    private static ImmutableArray<EndpointCandidate> OfOneTenant(string pod, string podNamespace, ImmutableArray<EndpointCandidate> candidates)
    {
        var tenants = candidates.Select(c => c.Record.Id.Network.Tenant).Distinct(StringComparer.Ordinal).ToArray();
        if (tenants.Length == 1)
        {
            return candidates;
        }

        return tenants.Contains(podNamespace)
            ? candidates.RemoveAll(c => c.Record.Id.Network.Tenant != podNamespace)
            : throw new ResolveException(
                ResolveFailure.Ambiguous,
                $"pod {pod} has endpoints in several tenants ({string.Join(", ", candidates.Select(c => c.Record.Id))}): start it in a namespace named like its tenant");
    }
}
