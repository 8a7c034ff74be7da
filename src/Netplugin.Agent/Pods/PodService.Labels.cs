using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Faults;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Pods;

/// <summary>Pods of which this node makes endpoints: they have a network by labels, or networks beside their first by an annotation.</summary>
internal sealed partial class PodService
{
    /// <summary>
    /// Attaches a pod of which this node sees what it gets: its labels, that no intent names it, and an address of the node's blocks. The interface is built while
    /// the store is asked whether all that is so.
    /// </summary>
    /// <returns>The pod; null when it is to be read what it gets.</returns>
    private async Task<Pod?> TryPlugForeseenAsync(AttachRequest request, Pod fresh, Task<WishedNetworks> wishing, IPodNamespace ns, CancellationToken cancellationToken)
    {
        if (!wishing.IsCompletedSuccessfully || await wishing is not { Label: { Problem: null } label, Annotation: null } || follower.Cluster is not { } cluster
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

        async Task<long> AddAsync(Attachment added)
        {
            // It has its cluster addresses by now.
            var bound = foreseen with { Endpoint = foreseen.Endpoint! with { Binding = added.BindingOf(follower.Me, fresh.Key) } };
            var revision = await labelled.AddForeseenAsync(bound, request.PodName, cluster.ClusterId, cancellationToken)
                ?? throw new SeenOtherwiseException(foreseen.Endpoint!.Id);
            FaultPoint.Reach(FaultPoint.AddBound);
            return revision;
        }

        try
        {
            return await OrRemovedAsync(
                fresh.Key,
                [(new(label.Id, named.Container), binding)],
                () => PlugAsync(fresh, [new(foreseen.Endpoint!, foreseen.Revision, foreseen.Network!)], ns, added => AddAsync(added[0]), cancellationToken));
        }
        catch (SeenOtherwiseException)
        {
            await BeginAgainAsync(cancellationToken);
            return null;
        }
    }

    /// <summary>
    /// Makes a pod's endpoints and attaches it. The store gives the addresses, so it is asked before anything is built, and before the journal knows: what is
    /// made and then not attached is removed here, or by the <see cref="PodKeeper"/>.
    /// </summary>
    /// <param name="fresh">The pod.</param>
    /// <param name="posted">The endpoints that an intent names for it; where there are none, and no label, its first network is the default one.</param>
    /// <param name="label">What it has by labels; null: nothing.</param>
    /// <param name="secondary">What it has by its annotation.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<Pod> PlugMadeAsync(
        Pod fresh, ImmutableArray<EndpointCandidate> posted, LabelledNetwork? label, ImmutableArray<SecondaryNetwork> secondary, IPodNamespace ns,
        CancellationToken cancellationToken)
    {
        MadeWish[] wishes =
        [
            .. label is null ? [] : new[] { new MadeWish(label.Id, label.Group, fresh.Key.Interface, default, label.Whose) },
            .. secondary.Select(s => new MadeWish(s.Id, "", s.Interface, s.Choice, "its annotation")),
        ];

        // Without content there is no network either.
        if (follower.Cluster is not { } cluster)
        {
            throw await MissingAsync(fresh, wishes[0], cancellationToken);
        }

        var networks = secondary.IsEmpty ? [] : await JudgeAsync(fresh, posted, wishes, secondary, cancellationToken);
        List<(EndpointId Id, EndpointBinding Binding)> tried = [];
        List<EndpointCandidate> made = [];
        return await OrRemovedAsync(fresh.Key, tried, async () =>
        {
            foreach (var wish in wishes)
            {
                var named = new LabelledPod(fresh.Namespace, fresh.Name, wish.Group);
                var binding = new EndpointBinding(follower.Me, fresh.Key.Sandbox, wish.Interface);
                tried.Add((new(wish.Id, named.Container), binding));
                var addition = await labelled.AddAsync(wish.Id, named, binding, cluster.ClusterId, wish.Choice, cancellationToken);
                if (addition.Refusal is { } refusal)
                {
                    throw refusal.Reason == LabelRefusalReason.NoNetwork
                        ? await MissingAsync(fresh, wish, cancellationToken)
                        : new ResolveException(FailureOf(refusal.Reason), refusal.Message);
                }

                if (networks.Length > 0 && addition.Network != networks[made.Count])
                {
                    throw new NotReadyException($"network {wish.Id} was posted anew while pod {fresh.FullName} was about to have it: the pod is tried again");
                }

                made.Add(new(addition.Endpoint!, addition.Revision, addition.Network!));
            }

            var first = label is null ? posted : [made[0]];
            var beside = made.Skip(label is null ? 0 : 1);
            var revision = made.Max(m => m.Revision);

            // What was made is bound already, and bound anew when it got cluster addresses.
            async Task<long> BindAsync(ImmutableArray<Attachment> added) =>
                first.IsEmpty ? revision : Math.Max(revision, await this.BindAsync(fresh.Key, first, added, cancellationToken));
            return await PlugAsync(
                fresh,
                k => [.. first.IsEmpty ? [k.WishInDefaultNetwork(fresh)] : k.WishInNetworks(fresh, first), .. NodeKernel.WishBeside(beside)],
                added => Task.Run(() => BindAsync(added), CancellationToken.None),
                [.. first.Concat(beside).Select(e => e.Network.Id).Distinct()],
                ns,
                cancellationToken);
        });
    }

    /// <summary>Attaches a pod, or removes the endpoints that were made, or foreseen, for it.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="tried">Those endpoints, when it fails.</param>
    /// <param name="attach">Attaches it.</param>
    private async Task<Pod> OrRemovedAsync(PodKey key, IReadOnlyCollection<(EndpointId Id, EndpointBinding Binding)> tried, Func<Task<Pod>> attach)
    {
        try
        {
            return await attach();
        }
        catch
        {
            // What the journal knows of is rolled back already; the record then says so, or what is left of it is tried again.
            var known = Pods.GetValueOrDefault(key)?.Attachments ?? [];
            await Task.WhenAll(tried.Where(t => !known.Any(a => a.Endpoint == t.Id)).Select(t => TryRemoveAsync(t.Id, t.Binding)));
            throw;
        }
    }

    /// <summary>What a pod has by its annotation, beside what an intent, its labels or nothing gives it.</summary>
    /// <exception cref="ResolveException">What a label or the annotation says cannot be.</exception>
    private static ImmutableArray<SecondaryNetwork> SecondaryOf(
        Pod fresh, ImmutableArray<EndpointCandidate> posted, LabelledNetwork? label, string? annotation)
    {
        if (label?.Problem is { } problem)
        {
            throw new ResolveException(ResolveFailure.BadLabel, $"pod {fresh.FullName} cannot have a network by labels: {problem}");
        }

        NetworkId[] first = label is null ? [.. posted.Select(p => p.Network.Id)] : [label.Id];
        return SecondaryNetwork.Of(
            fresh.FullName, annotation, first.Length == 0 ? NetworkId.DefaultTenant : first[0].Tenant, first, fresh.FirstInterfaces(Math.Max(1, first.Length)));
    }

    /// <summary>Looks at the networks before an endpoint is made in any.</summary>
    /// <returns>The networks of all that is to be made.</returns>
    private async Task<NetworkRecord[]> JudgeAsync(
        Pod fresh, ImmutableArray<EndpointCandidate> posted, MadeWish[] wishes, ImmutableArray<SecondaryNetwork> secondary, CancellationToken cancellationToken)
    {
        var read = await reader.NetworksAsync([.. wishes.Select(wish => wish.Id)], cancellationToken);
        if (read.IndexOf(null) is >= 0 and var missing)
        {
            throw await MissingAsync(fresh, wishes[missing], cancellationToken);
        }

        NetworkRecord[] networks = [.. read.Select(network => network!)];
        var made = networks.Length - secondary.Length;
        var first = posted.Select(p => p.Network).Concat(networks.Take(made)).Select(network => ($"network {network.Id}", network.Subnet));
        SecondaryNetwork.Judge(fresh.FullName, [.. first, .. kernel.OwnBlocks.Select(block => ("this node's block", block))], [.. secondary.Zip(networks.Skip(made))]);
        return networks;
    }

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

    /// <summary>What Kubernetes says, for a pod that an intent names; null when it does not answer: such a pod does not wait for Kubernetes.</summary>
    private static async Task<WishedNetworks?> IfKnownAsync(Task<WishedNetworks> wishing)
    {
        try
        {
            return await wishing;
        }
        catch (NotReadyException)
        {
            return null;
        }
    }

    /// <summary>Refuses a pod that an intent and its own labels put into different networks. What its namespace's labels name goes after an intent.</summary>
    private static void RefuseOtherLabels(AttachRequest request, ImmutableArray<EndpointCandidate> chosen, LabelledNetwork? label)
    {
        if (label is { IsOfPod: true } && !chosen.Any(c => c.Network.Id == label.Id))
        {
            throw new ResolveException(
                ResolveFailure.Ambiguous,
                $"pod {request.PodName} is named by the intent in network {string.Join(" and ", chosen.Select(c => c.Network.Id))}, and its labels name network {label.Id}: remove one of the two");
        }
    }

    private async Task<NetworkMissingException> MissingAsync(Pod pod, MadeWish wish, CancellationToken cancellationToken)
    {
        var hasTenant = await reader.HasTenantAsync(wish.Id.Tenant, cancellationToken);
        return new(
            $"pod {pod.FullName} is to be in network {wish.Id} by {wish.By}, and there is no such {(hasTenant ? "network" : $"tenant as {wish.Id.Tenant}")}: "
            + "the pod starts when it is posted, with netdcli -add-cfg or as a resource of Kubernetes");
    }

    private static bool IsLabelled(ImmutableArray<Attachment> known, LabelledNetwork label) =>
        known is [{ Phase: AttachmentPhase.Up, IsLabelled: true } attachment] && attachment.Endpoint.Network == label.Id && attachment.Group == label.Group;

    private static bool IsSame(ImmutableArray<Attachment> known, ImmutableArray<SecondaryNetwork> secondary) =>
        known.Length == secondary.Length
        && known.Zip(secondary).All(pair => pair.First.Phase == AttachmentPhase.Up
            && pair.Second.IsMetBy(pair.First.Endpoint.Network, pair.First.Interface, pair.First.Address, pair.First.Mac));

    private static ResolveFailure FailureOf(LabelRefusalReason reason) => reason switch
    {
        LabelRefusalReason.Vlan => ResolveFailure.Unsupported,
        LabelRefusalReason.Exhausted => ResolveFailure.NetworkExhausted,
        LabelRefusalReason.Posted => ResolveFailure.Ambiguous,
        LabelRefusalReason.Unavailable => ResolveFailure.AddressUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "no failure for this reason"),
    };

    /// <summary>An endpoint that this node is to make.</summary>
    /// <param name="Id">Its network.</param>
    /// <param name="Group">The group within the network.</param>
    /// <param name="Interface">The interface's name in the pod.</param>
    /// <param name="Choice">What it is to have.</param>
    /// <param name="By">What says so, for messages.</param>
    private sealed record MadeWish(NetworkId Id, string Group, string Interface, EndpointChoice Choice, string By);
}
