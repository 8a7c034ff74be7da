using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;

namespace Netplugin.Agent.Pods;

/// <summary>What is known around an attachment, gathered from the store's view, the runtime's list and the kernel's links. Pure.</summary>
internal static class PodFacts
{
    /// <summary>Gathers the facts of one attachment.</summary>
    /// <param name="pod">Its pod.</param>
    /// <param name="attachment">The attachment.</param>
    /// <param name="view">What the store says.</param>
    /// <param name="held">True while the store is not to be believed.</param>
    /// <param name="sandboxes">What the runtime says; null when it was not asked.</param>
    /// <param name="linkPresent">Its device exists.</param>
    /// <param name="me">This node's host label.</param>
    public static AttachmentFacts Of(
        Pod pod, Attachment attachment, ClusterView view, bool held, SandboxList? sandboxes, bool linkPresent, string me) =>
        new(linkPresent, Sandbox(pod, sandboxes), held ? EndpointFact.Unknown : Endpoint(pod, attachment, view, sandboxes, me));

    /// <summary>What the runtime says of a pod's sandbox.</summary>
    public static SandboxFact Sandbox(Pod pod, SandboxList? sandboxes)
    {
        if (sandboxes is null)
        {
            return SandboxFact.Unknown;
        }

        // A sandbox that was never listed may be one whose ADD is under way, or another runtime's.
        return sandboxes.Ids.Contains(pod.Key.Sandbox) ? SandboxFact.Listed : pod.SeenByRuntime ? SandboxFact.Gone : SandboxFact.Unknown;
    }

    private static EndpointFact Endpoint(Pod pod, Attachment attachment, ClusterView view, SandboxList? sandboxes, string me)
    {
        if (attachment.IsInDefaultNetwork)
        {
            return EndpointFact.Mine;
        }

        var id = attachment.Endpoint;
        if (!view.IsListed || (view.Networks!.ContainsKey(id.Network) && !view.Endpoints.ContainsKey(id.Network)))
        {
            return EndpointFact.Unknown;
        }

        // Each part is followed by itself. One that has not caught up with what this node wrote itself says nothing by what it lacks.
        EndpointFact Lacking(long revision) => revision < attachment.BoundRevision ? EndpointFact.Unknown : EndpointFact.Missing;

        if (!view.Networks.TryGetValue(id.Network, out var network) || network.DatapathId != attachment.DatapathId)
        {
            return Lacking(view.Revisions.Intent);
        }

        if (!view.Endpoints[id.Network].TryGetValue(id.Container, out var endpoint))
        {
            return Lacking(view.Revisions.Endpoints[id.Network]);
        }

        if (network.Post > view.Post || endpoint.Post > view.Post)
        {
            return Lacking(view.Revisions.Intent);
        }

        if (endpoint.Revision < attachment.BoundRevision)
        {
            return EndpointFact.Unknown;
        }

        if (endpoint.Address != attachment.Address || endpoint.Mac != attachment.Mac)
        {
            return EndpointFact.Missing;
        }

        return Home(pod, endpoint, sandboxes, me) ?? Binding(pod, attachment, endpoint, me);
    }

    private static EndpointFact? Home(Pod pod, EndpointView endpoint, SandboxList? sandboxes, string me)
    {
        if (endpoint.Home.Length > 0 && endpoint.Home != me)
        {
            return EndpointFact.HomedElsewhere;
        }

        var named = endpoint.AttachUuid.Length > 0;
        if (named && !EndpointResolver.Names(endpoint.AttachUuid, pod.Key.Sandbox) && sandboxes?.Find(endpoint.AttachUuid) is { IsReady: true })
        {
            return EndpointFact.HomedElsewhere;
        }

        // What an operator gave, an operator takes away; a pod that came by the runtime keeps its endpoint.
        return pod.Origin == PodOrigin.Operator && endpoint.Home.Length == 0 ? EndpointFact.NotHomed : null;
    }

    private static EndpointFact Binding(Pod pod, Attachment attachment, EndpointView endpoint, string me)
    {
        if (endpoint.BoundHost.Length == 0)
        {
            return EndpointFact.Unbound;
        }

        return endpoint.BoundHost == me && endpoint.BoundSandbox == pod.Key.Sandbox && endpoint.BoundInterface == attachment.Interface
            ? endpoint.ClusterAddresses.SequenceEqual(attachment.ClusterAddresses.Select(a => a.Address)) ? EndpointFact.Mine : EndpointFact.Unbound
            : endpoint.Revision > attachment.BoundRevision && attachment.BoundRevision > 0 ? EndpointFact.TakenOver : EndpointFact.Unbound;
    }
}
