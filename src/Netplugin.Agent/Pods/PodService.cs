using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Faults;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Pods;

/// <summary>
/// Attaches and detaches pods: resolve, journal, bind in the store while the kernel side is built and policies are enforced for it, answer. Whatever fails half way is rolled
/// back; what cannot be cleared in the store stays in the journal and is tried again by the <see cref="PodKeeper"/>.
/// </summary>
internal sealed partial class PodService(
    KernelLoop loop, NodeKernel kernel, PodTurns turns, EndpointReader reader, Binder binder, LabelledEndpoints labelled, ClusterFollower follower,
    SandboxCache sandboxes, RetiredLinks retired, Func<CancellationToken, Task> whenRegistered, Action postponed, Func<string?> awaited,
    Func<AttachRequest, CancellationToken, Task<WishedNetworks>> wishes, Func<Pod, CancellationToken, Task> enforce, TimeProvider time, ILogger log)
{
    /// <summary>What to say of a pod that was refused because the store did not answer.</summary>
    public const string WithoutStore = "the store does not answer, which alone knows whether an intent names this pod: the pod starts when it answers again";

    private static readonly TimeSpan ListingPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UnbindPatience = TimeSpan.FromSeconds(3);

    /// <summary>Why pods cannot get addresses of this node's blocks yet, for the operator; null when they can, or the node has no blocks at all.</summary>
    public string? AwaitsBlock => awaited();

    /// <summary>Every pod of this node.</summary>
    public ImmutableDictionary<PodKey, Pod> Pods => kernel.Pods;

    /// <summary>Told of every pod that could not be attached, and why. What is told must not wait: the runtime does, for the answer.</summary>
    public event Action<AttachRequest, Exception>? Refused;

    /// <summary>
    /// Gives a pod its interfaces. Asked again for a pod that has them, it answers the same when they are as they were made, else makes them anew.
    /// </summary>
    /// <exception cref="ResolveException">The intent has no endpoint for the pod, or refuses.</exception>
    /// <exception cref="NotReadyException">
    /// The store may not be followed now, what Kubernetes says of the pod is not known, a network that it names is not posted, or policies cannot be enforced for it.
    /// </exception>
    /// <exception cref="StoreException">The store did not answer.</exception>
    /// <exception cref="Linux.KernelException">The kernel refused.</exception>
    public async Task<Pod> AttachAsync(AttachRequest request, IPodNamespace pod, CancellationToken cancellationToken)
    {
        try
        {
            return await AttachNowAsync(request, pod, cancellationToken);
        }
        catch (Exception e) when (e is ResolveException or NotReadyException or StoreException or Linux.KernelException or IOException)
        {
            Refused?.Invoke(request, e);
            throw;
        }
    }

    private async Task<Pod> AttachNowAsync(AttachRequest request, IPodNamespace pod, CancellationToken cancellationToken)
    {
        using var turn = await turns.EnterAsync(request.Key.Sandbox, cancellationToken);
        await RequireFollowingAsync(cancellationToken);
        RequireBlocks();
        var fresh = new Pod(
            request.Key, request.PodName, request.PodNamespace, pod.Path, request.CniNetwork, request.Origin, SeenByRuntime: false, Ended: false, [])
        {
            Uid = request.PodUid,
            HostPorts = request.HostPorts,
        };

        // Beside the store's answer, which tells whether they count.
        var wishing = wishes(request, cancellationToken);
        if (!Pods.ContainsKey(request.Key) && Seen(request) is { } seen && await IfKnownAsync(wishing) is not { Annotation: not null } and var said)
        {
            RefuseOtherLabels(request, [seen], said?.Label);
            try
            {
                return await PlugAsync(fresh, [seen], pod, added => BindSeenAsync(request.Key, seen, added[0], cancellationToken), cancellationToken);
            }
            catch (SeenOtherwiseException)
            {
                await BeginAgainAsync(cancellationToken);
            }
        }

        if (!Pods.ContainsKey(request.Key) && await TryPlugForeseenAsync(request, fresh, wishing, pod, cancellationToken) is { } plugged)
        {
            return plugged;
        }

        var candidates = await ReadAsync(request, cancellationToken);

        // An intent goes first, then labels; what nothing names is the default network's.
        var wished = candidates.IsEmpty ? await wishing : await IfKnownAsync(wishing);
        var label = candidates.IsEmpty ? wished?.Label : null;
        var isDefault = candidates.IsEmpty && label is null && kernel.ServesDefaultNetwork;
        var chosen = isDefault || label is not null ? [] : Choose(request, candidates);
        if (!chosen.IsEmpty)
        {
            RefuseOtherLabels(request, chosen, wished?.Label);
        }

        var secondary = SecondaryOf(fresh, chosen, label, wished?.Annotation);
        if (Pods.TryGetValue(request.Key, out var known))
        {
            ImmutableArray<Attachment> first = [.. known.Attachments.Where(a => !a.IsSecondary)], others = [.. known.Attachments.Where(a => a.IsSecondary)];
            if ((label is not null ? IsLabelled(first, label) : isDefault ? IsInDefaultNetwork(first) : IsSame(known.Key, first, chosen)) && (wished is null || IsSame(others, secondary))
                && known.HostPorts.SequenceEqual(fresh.HostPorts) && (await loop.RunAsync(k => k.Check(request.Key, pod))).IsEmpty)
            {
                return known;
            }

            await RemoveAsync(known, [.. known.Attachments.Select(a => a.Number)], ended: true, cancellationToken);
            await retired.WhenDeletedAsync(cancellationToken);

            // What was read has the binding that is cleared by now.
            chosen = chosen.IsEmpty ? [] : await ResolveAsync(request, cancellationToken);
        }

        if (label is not null || !secondary.IsEmpty)
        {
            return await PlugMadeAsync(fresh, chosen, label, secondary, pod, cancellationToken);
        }

        return isDefault ? await PlugDefaultAsync(fresh, pod, cancellationToken) : await PlugAsync(fresh, chosen, pod, cancellationToken);
    }

    /// <summary>Gives a pod that runs more interfaces. The caller holds the sandbox's turn.</summary>
    /// <returns>The pod as it is afterwards.</returns>
    public Task<Pod> PlugAsync(Pod pod, ImmutableArray<EndpointCandidate> endpoints, IPodNamespace ns, CancellationToken cancellationToken) =>
        PlugAsync(pod, endpoints, ns, added => BindAsync(pod.Key, endpoints, added, cancellationToken), cancellationToken);

    private Task<Pod> PlugAsync(
        Pod pod, ImmutableArray<EndpointCandidate> endpoints, IPodNamespace ns, Func<ImmutableArray<Attachment>, Task<long>> bind,
        CancellationToken cancellationToken)
    {
        // Beside the loop, which builds the links meanwhile.
        Task<long> BindBesideAsync(ImmutableArray<Attachment> added) => Task.Run(() => bind(added), CancellationToken.None);
        return PlugAsync(pod, k => k.WishInNetworks(pod, endpoints), BindBesideAsync, [.. endpoints.Select(e => e.Network.Id).Distinct()], ns, cancellationToken);
    }

    // The addresses come out of this node's own blocks, so that there is nothing to ask or tell the store.
    private Task<Pod> PlugDefaultAsync(Pod pod, IPodNamespace ns, CancellationToken cancellationToken) =>
        PlugAsync(pod, k => [k.WishInDefaultNetwork(pod)], _ => Task.FromResult(0L), [], ns, cancellationToken);

    private async Task<Pod> PlugAsync(
        Pod pod, Func<NodeKernel, AttachmentWish[]> wishes, Func<ImmutableArray<Attachment>, Task<long>> bind, NetworkId[] networks, IPodNamespace ns,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        ImmutableArray<Attachment> added = [];
        var binding = Task.FromResult(0L);
        Task? enforcing = null;

        void Complete(NodeKernel k)
        {
            loop.CatchUp();
            k.Complete(pod.Key, added.ToDictionary(a => a.Number, _ => binding.Result));
        }

        try
        {
            var isComplete = await loop.RunAsync(k =>
            {
                var wanted = wishes(k);

                // Asked after the blocks were looked at: who takes them away says so before.
                RequireBlocks();
                added = k.Begin(pod, wanted);
                binding = bind(added);
                foreach (var attachment in added)
                {
                    k.Build(pod.Key, attachment.Number, ns);
                }

                // Policies may ask for the networks' other endpoints.
                enforcing = IsKnown(networks) ? enforce(Pods[pod.Key], cancellationToken) : null;

                // Of many pods that start at once the first are answered early, instead of all when the last is built.
                if (!binding.IsCompletedSuccessfully || enforcing is not { IsCompletedSuccessfully: true })
                {
                    return false;
                }

                Complete(k);
                return true;
            });
            if (!isComplete)
            {
                await binding;
                await WhenKnownAsync(networks, cancellationToken);
                await (enforcing ?? enforce(Pods[pod.Key], cancellationToken));
                await loop.RunAsync(Complete);
            }
        }
        catch (Exception e) when (!added.IsEmpty)
        {
            // Whether it is bound must be known before it can be unbound.
            await binding.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            PodLog.RollingBack(log, pod.Key, e.Message);
            await RemoveAsync(Pods[pod.Key], [.. added.Select(a => a.Number)], ended: pod.Attachments.IsEmpty && pod.Origin != PodOrigin.Operator, CancellationToken.None);
            throw;
        }

        var result = Pods[pod.Key];
        PodLog.Attached(log, pod.Key, pod.Name, string.Join(", ", added.Select(a => $"{a.Interface}={a.Endpoint} {string.Join(", ", a.LinkAddresses)}")), time.GetElapsedTime(began));
        return result;
    }

    /// <summary>Takes a pod's interfaces away; nothing happens when it has none. Succeeds without the store too.</summary>
    public async Task DetachAsync(PodKey key, CancellationToken cancellationToken)
    {
        using var turn = await turns.EnterAsync(key.Sandbox, cancellationToken);
        if (Pods.TryGetValue(key, out var pod))
        {
            var began = time.GetTimestamp();
            await RemoveAsync(pod, [.. pod.Attachments.Select(a => a.Number)], ended: true, cancellationToken);
            PodLog.Detached(log, key, pod.Name, time.GetElapsedTime(began));
        }
    }

    /// <summary>Takes some of a pod's interfaces away. The caller holds the sandbox's turn.</summary>
    public async Task RemoveAsync(Pod pod, ImmutableArray<ulong> numbers, bool ended, CancellationToken cancellationToken)
    {
        Task<ImmutableArray<ulong>>? unbinding = null;
        ClusterChange freed;
        try
        {
            // The bindings are cleared beside the kernel's work, which begins when the journal says that the attachments leave.
            freed = await loop.RunAsync(k => k.TearDown(
                pod.Key, numbers, ended, () => unbinding = Task.Run(() => UnbindAsync(pod.Key, numbers, cancellationToken), CancellationToken.None)));
        }
        finally
        {
            await (unbinding ?? Task.CompletedTask);
        }

        if (!await ForgetAsync(pod.Key, numbers, await (unbinding ?? UnbindAsync(pod.Key, numbers, cancellationToken))))
        {
            postponed();
        }

        loop.Mark(freed);
    }

    /// <summary>Clears the bindings of attachments that are gone from the kernel, and then forgets them. The caller holds the sandbox's turn.</summary>
    /// <returns>False when the store did not let some be cleared; they stay in the journal.</returns>
    public async Task<bool> ClearBindingsAsync(PodKey key, ImmutableArray<ulong> numbers, CancellationToken cancellationToken)
    {
        return await ForgetAsync(key, numbers, await UnbindAsync(key, numbers, cancellationToken));
    }

    /// <summary>What is wrong with a pod's interfaces, a sentence each.</summary>
    public async Task<ImmutableArray<string>> CheckAsync(PodKey key, IPodNamespace pod, CancellationToken cancellationToken)
    {
        using var turn = await turns.EnterAsync(key.Sandbox, cancellationToken);
        return await loop.RunAsync(k => k.Check(key, pod));
    }

    /// <summary>The endpoints a pod leads to now.</summary>
    /// <exception cref="ResolveException">None.</exception>
    public async Task<ImmutableArray<EndpointCandidate>> ResolveAsync(AttachRequest request, CancellationToken cancellationToken) =>
        Choose(request, await ReadAsync(request, cancellationToken));

    private Task<ImmutableArray<EndpointCandidate>> ReadAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        var view = follower.View;
        var given = EndpointReader.GivenTo(view, request.Key.Sandbox);
        return reader.ReadAsync(request.PodName, given, EndpointReader.Likely(view, request.PodName), cancellationToken);
    }

    private ImmutableArray<EndpointCandidate> Choose(AttachRequest request, ImmutableArray<EndpointCandidate> candidates) =>
        EndpointResolver.Choose(request.PodName, request.PodNamespace, request.Key.Sandbox, follower.Me, candidates, sandboxes.Runs);

    private static bool IsInDefaultNetwork(ImmutableArray<Attachment> known) =>
        known is [{ Phase: AttachmentPhase.Up, IsInDefaultNetwork: true }];

    /// <summary>Says why pods cannot be attached now, if they cannot.</summary>
    /// <exception cref="NotReadyException">They cannot.</exception>
    public async Task RequireFollowingAsync(CancellationToken cancellationToken)
    {
        await follower.VerifyAsync(cancellationToken);
        if (follower.Held is { } held)
        {
            throw new NotReadyException(held);
        }
    }

    /// <summary>Waits until a pod whose attachment was rolled back may be attached anew.</summary>
    private async Task BeginAgainAsync(CancellationToken cancellationToken)
    {
        // An interface of the same name is made in the pod; and the connection may have been lost.
        await retired.WhenDeletedAsync(cancellationToken);
        await RequireFollowingAsync(cancellationToken);
    }

    /// <summary>Says why pods cannot get addresses of this node's blocks now, if they cannot: none starts with half of its addresses.</summary>
    private void RequireBlocks()
    {
        if (AwaitsBlock is { } reason)
        {
            throw new NotReadyException(reason);
        }
    }

    private static bool IsSame(PodKey key, ImmutableArray<Attachment> known, ImmutableArray<EndpointCandidate> chosen) =>
        known.Length == chosen.Length
        && known.Zip(chosen).All(pair => pair.First.Phase == AttachmentPhase.Up && pair.First.Endpoint == pair.Second.Record.Id
            && pair.First.Address == pair.Second.Record.Address && pair.First.DatapathId == pair.Second.Network.DatapathId
            && pair.Second.Record.Binding is { } b && b.Sandbox == key.Sandbox && b.Interface == pair.First.Interface);

    private async Task<long> BindAsync(
        PodKey key, ImmutableArray<EndpointCandidate> endpoints, ImmutableArray<Attachment> added, CancellationToken cancellationToken)
    {
        var revision = await binder.BindAsync(
            [.. endpoints.Zip(added).Select(pair => (pair.First, pair.Second.BindingOf(follower.Me, key)))], cancellationToken);
        FaultPoint.Reach(FaultPoint.AddBound);
        return revision;
    }

    private async Task<long> BindSeenAsync(PodKey key, EndpointCandidate seen, Attachment added, CancellationToken cancellationToken)
    {
        var revision = await binder.BindSeenAsync(seen, added.BindingOf(follower.Me, key), cancellationToken)
            ?? throw new SeenOtherwiseException(seen.Record.Id);
        FaultPoint.Reach(FaultPoint.AddBound);
        return revision;
    }

    /// <summary>The endpoint a pod surely gets if the store has what this node has seen; null when it must be read.</summary>
    private EndpointCandidate? Seen(AttachRequest request)
    {
        if (EndpointReader.Seen(follower.View, request.PodName, request.Key.Sandbox) is not { } seen)
        {
            return null;
        }

        try
        {
            return EndpointResolver.Choose(request.PodName, request.PodNamespace, request.Key.Sandbox, follower.Me, [seen], sandboxes.Runs)[0];
        }
        catch (ResolveException)
        {
            // Only what was read may refuse a pod.
            return null;
        }
    }

    private bool IsKnown(NetworkId[] networks) =>
        whenRegistered(CancellationToken.None).IsCompletedSuccessfully && networks.All(follower.View.Endpoints.ContainsKey);

    /// <summary>Waits until this node knows the networks' other endpoints, and the other nodes this one.</summary>
    private async Task WhenKnownAsync(NetworkId[] networks, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ListingPatience);
        var missing = "this node could not be registered";
        try
        {
            await whenRegistered(patience.Token);
            foreach (var network in networks)
            {
                missing = $"the endpoints of network {network} were not listed";
                await follower.WhenListedAsync(network, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NotReadyException($"{missing} within {ListingPatience.TotalSeconds:0} s: the store is slow or away");
        }
    }

    /// <summary>Clears the bindings of those of the attachments that leave, or are gone from the kernel already.</summary>
    /// <returns>Those that are cleared.</returns>
    private async Task<ImmutableArray<ulong>> UnbindAsync(PodKey key, ImmutableArray<ulong> numbers, CancellationToken cancellationToken)
    {
        if (!Pods.TryGetValue(key, out var pod))
        {
            return [];
        }

        var leaving = pod.Attachments.Where(a => numbers.Contains(a.Number) && HasLeft(a)).ToArray();
        var cleared = await Task.WhenAll(leaving.Select(a => TryUnbindAsync(pod, a, cancellationToken)));
        FaultPoint.Reach(FaultPoint.DelUnbound);
        return [.. leaving.Where((_, i) => cleared[i]).Select(a => a.Number)];
    }

    /// <summary>Forgets the attachments whose bindings are cleared.</summary>
    /// <returns>False when some are left.</returns>
    private async Task<bool> ForgetAsync(PodKey key, ImmutableArray<ulong> numbers, ImmutableArray<ulong> cleared)
    {
        await loop.RunAsync(k => k.Forget(key, cleared));
        return Pods.GetValueOrDefault(key)?.Attachments.Any(a => numbers.Contains(a.Number)) != true;
    }

    private static bool HasLeft(Attachment attachment) => attachment.Phase is AttachmentPhase.Leaving or AttachmentPhase.Unbinding;

    private async Task<bool> TryUnbindAsync(Pod pod, Attachment attachment, CancellationToken cancellationToken)
    {
        if (attachment.IsInDefaultNetwork)
        {
            return true;
        }

        // The same pod may have the endpoint again already: then the binding is the new attachment's.
        if (pod.Attachments.Any(a => !HasLeft(a) && a.Endpoint == attachment.Endpoint && a.Interface == attachment.Interface))
        {
            return true;
        }

        if (!follower.IsFollowing)
        {
            return false;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(UnbindPatience);
        try
        {
            var mine = attachment.BindingOf(follower.Me, pod.Key);
            await (attachment.IsLabelled ? labelled.RemoveAsync(attachment.Endpoint, mine, patience.Token) : binder.UnbindAsync(attachment.Endpoint, mine, patience.Token));
            return true;
        }
        catch (Exception e) when (e is StoreException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            PodLog.UnbindPostponed(log, attachment.Endpoint, e.Message);
            return false;
        }
    }

    /// <summary>The store has something else than what this node had seen of it.</summary>
    private sealed class SeenOtherwiseException(EndpointId endpoint) : Exception($"{endpoint} is not as this node has seen it: it is read from the store");
}
