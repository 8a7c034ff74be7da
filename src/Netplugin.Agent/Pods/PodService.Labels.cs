using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Faults;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Pods;

/// <summary>Pods that have a network by labels.</summary>
internal sealed partial class PodService
{
    /// <summary>
    /// Attaches a pod of which this node sees what it gets: its labels, that no intent names it, and an address of the node's blocks. The interface is built while
    /// the store is asked whether all that is so.
    /// </summary>
    /// <returns>The pod; null when it is to be read what it gets.</returns>
    private async Task<Pod?> TryPlugForeseenAsync(AttachRequest request, Pod fresh, Task<LabelledNetwork?> byLabels, IPodNamespace ns, CancellationToken cancellationToken)
    {
        if (!byLabels.IsCompletedSuccessfully || await byLabels is not { Problem: null } label || follower.Cluster is not { } cluster
            || !EndpointReader.IsUnnamed(follower.View, request.PodName, request.Key.Sandbox))
        {
            return null;
        }

        var named = new LabelledPod(fresh.Namespace, fresh.Name, label.Group);
        var binding = new EndpointBinding(follower.Me, fresh.Key.Sandbox, fresh.Key.Interface);
        if (await labelled.ForeseeAsync(label.Id, named, binding, cancellationToken) is not { } foreseen)
        {
            return null;
        }

        async Task<long> AddAsync()
        {
            var revision = await labelled.AddForeseenAsync(foreseen, request.PodName, cluster.ClusterId, cancellationToken)
                ?? throw new SeenOtherwiseException(foreseen.Endpoint!.Id);
            FaultPoint.Reach(FaultPoint.AddBound);
            return revision;
        }

        try
        {
            return await OrRemovedAsync(fresh.Key, new(label.Id, named.Container), binding, () => PlugAsync(fresh, CandidatesOf(foreseen), ns, _ => AddAsync(), cancellationToken));
        }
        catch (SeenOtherwiseException)
        {
            await BeginAgainAsync(cancellationToken);
            return null;
        }
    }

    /// <summary>
    /// Makes a pod's endpoint and attaches it. The store gives the address, so it is asked before anything is built, and before the journal knows: what is
    /// made and then not attached is removed here, or by the <see cref="PodKeeper"/>.
    /// </summary>
    private async Task<Pod> PlugLabelledAsync(Pod fresh, LabelledNetwork label, IPodNamespace ns, CancellationToken cancellationToken)
    {
        if (label.Problem is { } problem)
        {
            throw new ResolveException(ResolveFailure.BadLabel, $"pod {fresh.FullName} cannot have a network by labels: {problem}");
        }

        // Without content there is no network either.
        if (follower.Cluster is not { } cluster)
        {
            throw await MissingAsync(fresh, label, cancellationToken);
        }

        var named = new LabelledPod(fresh.Namespace, fresh.Name, label.Group);
        var binding = new EndpointBinding(follower.Me, fresh.Key.Sandbox, fresh.Key.Interface);
        return await OrRemovedAsync(fresh.Key, new(label.Id, named.Container), binding, async () =>
        {
            var addition = await labelled.AddAsync(label.Id, named, binding, cluster.ClusterId, cancellationToken);
            if (addition.Refusal is { } refusal)
            {
                throw refusal.Reason == LabelRefusalReason.NoNetwork
                    ? await MissingAsync(fresh, label, cancellationToken)
                    : new ResolveException(FailureOf(refusal.Reason), refusal.Message);
            }

            return await PlugAsync(fresh, CandidatesOf(addition), ns, _ => Task.FromResult(addition.Revision), cancellationToken);
        });
    }

    /// <summary>Attaches a pod, or removes the endpoint that was made, or foreseen, for it.</summary>
    private async Task<Pod> OrRemovedAsync(PodKey key, EndpointId id, EndpointBinding binding, Func<Task<Pod>> attach)
    {
        try
        {
            return await attach();
        }
        catch (Exception e) when (e is not (NetworkMissingException or ResolveException { Failure: ResolveFailure.Ambiguous }))
        {
            // Where the journal knows of it, it is rolled back already; the record then says so, or what is left of it is tried again.
            if (Pods.GetValueOrDefault(key)?.Attachments.Any(a => a.Endpoint == id) != true)
            {
                await TryRemoveAsync(id, binding);
            }

            throw;
        }
    }

    private static ImmutableArray<EndpointCandidate> CandidatesOf(LabelledAddition addition) =>
        [new(addition.Endpoint!, addition.Revision, addition.Network!)];

    private async Task TryRemoveAsync(EndpointId id, EndpointBinding binding)
    {
        using var patience = new CancellationTokenSource(UnbindPatience);
        try
        {
            if (follower.IsFollowing)
            {
                await labelled.RemoveAsync(id, binding, patience.Token);
            }
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            PodLog.UnbindPostponed(log, id, e.Message);
        }
    }

    /// <summary>Refuses a pod that an intent and its own labels put into different networks. What its namespace's labels name goes after an intent.</summary>
    private static async Task RefuseOtherLabelsAsync(AttachRequest request, ImmutableArray<EndpointCandidate> chosen, Task<LabelledNetwork?> byLabels)
    {
        LabelledNetwork? label;
        try
        {
            label = await byLabels;
        }
        catch (NotReadyException)
        {
            // The intent is known: a pod that it names does not wait for Kubernetes.
            return;
        }

        if (label is { IsOfPod: true } && !chosen.Any(c => c.Network.Id == label.Id))
        {
            throw new ResolveException(
                ResolveFailure.Ambiguous,
                $"pod {request.PodName} is named by the intent in network {string.Join(" and ", chosen.Select(c => c.Network.Id))}, and its labels name network {label.Id}: remove one of the two");
        }
    }

    private async Task<NetworkMissingException> MissingAsync(Pod pod, LabelledNetwork label, CancellationToken cancellationToken)
    {
        var hasTenant = await reader.HasTenantAsync(label.Id.Tenant, cancellationToken);
        return new(
            $"pod {pod.FullName} is to be in network {label.Id} by {label.Whose}, and there is no such {(hasTenant ? "network" : $"tenant as {label.Id.Tenant}")}: "
            + "the pod starts when it is posted, with netdcli -add-cfg or as a resource of Kubernetes");
    }

    private static bool IsLabelled(Pod known, LabelledNetwork label) =>
        known.Attachments is [{ Phase: AttachmentPhase.Up, IsLabelled: true } attachment] && attachment.Endpoint.Network == label.Id && attachment.Group == label.Group;

    private static ResolveFailure FailureOf(LabelRefusalReason reason) => reason switch
    {
        LabelRefusalReason.Vlan => ResolveFailure.Unsupported,
        LabelRefusalReason.Exhausted => ResolveFailure.NetworkExhausted,
        LabelRefusalReason.Posted => ResolveFailure.Ambiguous,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "no failure for this reason"),
    };
}
