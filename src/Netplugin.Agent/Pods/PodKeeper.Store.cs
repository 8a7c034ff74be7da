using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Pods;

/// <summary>Following what happened to endpoints in the store.</summary>
internal sealed partial class PodKeeper
{
    /// <summary>Writes a binding again that the store does not have, or not as it is, unless somebody else has the endpoint by now.</summary>
    private async Task BindAgainAsync(Pod pod, Attachment attachment, CancellationToken cancellationToken)
    {
        var id = attachment.Endpoint;
        var entry = await _store.GetAsync(StoreKeys.Endpoint(id), cancellationToken);
        var record = entry is null ? null : RecordCodec.DecodeEndpoint(entry);
        if (entry is null || record is null || record.Address != attachment.Address)
        {
            // The view will say so in a moment.
            return;
        }

        var mine = attachment.BindingOf(_follower.Me, pod.Key);
        var revision = entry.ModRevision;
        if (record.Binding != mine)
        {
            if (record.Binding is not null && !mine.HasOwnerOf(record.Binding) && entry.ModRevision > attachment.BoundRevision && attachment.BoundRevision > 0)
            {
                return;
            }

            var result = await _store.CommitAsync(
                new StoreTransaction(
                    [StoreCompare.Unchanged(entry.Key, entry.ModRevision)],
                    [new StoreOperation.Put(entry.Key, RecordCodec.Encode(record with { Binding = mine }))]), cancellationToken);
            if (!result.Succeeded)
            {
                _failed = true;
                return;
            }

            PodLog.Rebinding(_log, id, pod.Key);
            revision = result.Revision;
        }

        await _loop.RunAsync(k => k.Note(pod.Key, attachment.Number, revision, unposted: false));
    }

    /// <summary>
    /// After an accepted reset: bindings of what runs here are written anew, and what the new content does not have stays up and is reported.
    /// </summary>
    /// <returns>True when a reset was accepted since the last time.</returns>
    private async Task<bool> AdoptAcceptedResetAsync()
    {
        var acceptances = _follower.Acceptances;
        if (acceptances == _acceptancesSeen)
        {
            return false;
        }

        var view = _follower.View;
        foreach (var pod in _kernel.Pods.Values)
        {
            foreach (var attachment in pod.Attachments.Where(a => a.Phase == AttachmentPhase.Up))
            {
                var posted = view.Network(attachment.Endpoint.Network)?.DatapathId == attachment.DatapathId
                    && view.Endpoint(attachment.Endpoint) is { } endpoint && endpoint.Address == attachment.Address && endpoint.Mac == attachment.Mac;

                // Revisions of the old content say nothing of the new one.
                await _loop.RunAsync(k => k.Note(pod.Key, attachment.Number, boundRevision: 0, unposted: !posted));
            }
        }

        (_acceptancesSeen, _orphansDue) = (acceptances, true);
        return true;
    }

    /// <summary>Gives a running pod the endpoints that were posted for it meanwhile.</summary>
    private async Task PlugMissingAsync(Pod pod, CancellationToken cancellationToken)
    {
        ImmutableArray<EndpointCandidate> chosen;
        try
        {
            chosen = await _pods.ResolveAsync(new AttachRequest(pod.Key, pod.Name, pod.Namespace, pod.CniNetwork, pod.Origin), cancellationToken);
        }
        catch (ResolveException)
        {
            // Nothing is posted for it now: it runs on without.
            return;
        }

        // An endpoint that is bound elsewhere is somebody else's; only a pod that starts takes it over. What its annotation asked for was there first.
        var missing = chosen.RemoveAll(c => pod.Attachments.Any(a => a.Endpoint == c.Record.Id || (a.IsSecondary && a.Addresses.Any(own => own.Subnet.Overlaps(c.Network.Subnet))))
            || (c.Record.Binding is { } b && !(b.Host == _follower.Me && b.Sandbox == pod.Key.Sandbox)));
        if (!missing.IsEmpty)
        {
            await PlugAsync(pod, missing, cancellationToken);
        }
    }

    /// <summary>Attaches an endpoint that an operator homed here, when its container runs here and does not have it.</summary>
    private async Task HomeAsync(EndpointId id, string typed, CancellationToken cancellationToken)
    {
        if (_sandboxes.Last is not { } list
            || (typed.Length > 0 ? list.Find(typed) : list.FindRunning(id.Container)) is not { IsReady: true } sandbox
            || _turns.Busy.Contains(sandbox.Id))
        {
            return;
        }

        using var turn = await _turns.EnterAsync(sandbox.Id, cancellationToken);
        var attached = _kernel.Pods.Values.FirstOrDefault(p => p.Key.Sandbox == sandbox.Id && !p.Ended);
        if (attached?.Attachments.Any(a => a.Endpoint == id && a.Phase != AttachmentPhase.Unbinding) == true)
        {
            return;
        }

        var candidates = (await _reader.ReadAsync(id.Container, [id], [], cancellationToken)).RemoveAll(c => c.Record.Id != id);
        if (candidates.IsEmpty || candidates[0].Record.Host != _follower.Me || candidates[0].Network.Encap != Encap.Vxlan)
        {
            return;
        }

        var pod = attached ?? new Pod(
            new PodKey(sandbox.Id, DefaultInterface), sandbox.Name, sandbox.Namespace, "", "", PodOrigin.Operator, SeenByRuntime: true, Ended: false, []);
        await PlugAsync(pod, candidates, cancellationToken);
    }

    private async Task PlugAsync(Pod pod, ImmutableArray<EndpointCandidate> endpoints, CancellationToken cancellationToken)
    {
        var path = await _sandboxes.NetworkNamespaceAsync(pod.Key.Sandbox, cancellationToken) ?? pod.NetworkNamespace;
        if (_namespaces.TryOpen(path) is not { } opened)
        {
            Problem($"pod/{pod.Key}", $"pod {pod.Name} cannot get {endpoints[0].Record.Id}: its network namespace {path} cannot be opened; restart the pod");
            return;
        }

        using (opened)
        {
            await _retired.WhenDeletedAsync(cancellationToken);
            await _pods.PlugAsync(pod with { NetworkNamespace = path }, endpoints, opened, cancellationToken);
        }
    }

    /// <summary>
    /// Clears bindings to this node that belong to no pod. A binding is in the journal before it is in the store, so there can be such only when
    /// the journal was lost, as by a reboot, or an older store came back: looked for once, after that.
    /// </summary>
    private async Task ClearOrphansAsync(CancellationToken cancellationToken)
    {
        var all = await _store.ListAsync(StoreKeys.Endpoints, cancellationToken);
        foreach (var entry in all.Entries)
        {
            if (RecordCodec.DecodeEndpoint(entry) is { Binding: { } binding } record && binding.Host == _follower.Me && !IsOurs(record.Id, binding))
            {
                PodLog.ClearingOrphan(_log, record.Id);
                await (record.Pod is null ? _binder.UnbindAsync(record.Id, binding, cancellationToken) : _labelled.RemoveAsync(record.Id, binding, cancellationToken));
            }
        }

        _orphansDue = false;
    }

    /// <summary>
    /// Removes endpoints that this node made for pods with labels and no pod has, and gives back the blocks that are then without any. Such an endpoint is in
    /// the store before the journal knows of it: a daemon that ended between the two leaves it, as does a store that was away when a pod's start was rolled back.
    /// </summary>
    private async Task TidyLabelledAsync(CancellationToken cancellationToken)
    {
        if (_follower.Cluster is { } cluster)
        {
            var leases = await _store.ListAsync(StoreKeys.AllLeases, cancellationToken);
            foreach (var network in leases.Entries.Select(RecordCodec.DecodeLeases).Where(l => !l.Of(_follower.Me).IsEmpty).Select(l => l.Network))
            {
                var endpoints = await _store.ListAsync(StoreKeys.EndpointsOf(network), cancellationToken);
                foreach (var record in endpoints.Entries.Select(RecordCodec.DecodeEndpoint))
                {
                    if (record is { Pod: not null, Binding: { } binding } && binding.Host == _follower.Me && !IsOurs(record.Id, binding))
                    {
                        PodLog.RemovingOrphan(_log, record.Id);
                        await _labelled.RemoveAsync(record.Id, binding, cancellationToken);
                    }
                }
            }

            // What runs though a reset store does not have it keeps its block.
            if (!_kernel.Pods.Values.Any(p => p.Attachments.Any(a => a.IsLabelled && a.Unposted)))
            {
                await _labelled.GiveBackAsync(cluster.ClusterId, cancellationToken);
            }
        }

        _tidied = _time.GetTimestamp();
    }

    private bool IsOurs(EndpointId id, EndpointBinding binding) =>
        _turns.Busy.Contains(binding.Sandbox)
        || _kernel.Pods.Values.Any(p => p.Key.Sandbox == binding.Sandbox && p.Attachments.Any(a => a.Endpoint == id));

    private const string DefaultInterface = "eth0";
}
