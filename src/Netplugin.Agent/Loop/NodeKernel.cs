using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Faults;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>
/// All kernel work of the daemon, and the attachments it is about. Called by <see cref="KernelLoop"/> alone, one call at a time, never blocking on
/// anything but the kernel; what others may read is published as immutable values.
/// </summary>
internal sealed partial class NodeKernel(
    ILinks links, IDatapath datapath, IPodNamespaces namespaces, AttachmentJournal journal, Func<ClusterView> view, Func<bool> settling, Func<NodeFacts> facts,
    Func<ServiceState?> services, ProblemBoard problems, Action<ImmutableHashSet<NetworkId>> networksChanged, Action retired, TimeProvider time, ILogger log)
{
    private const int ProblemsShown = 5;
    private ImmutableDictionary<PodKey, Pod> _pods = ImmutableDictionary<PodKey, Pod>.Empty;
    private ImmutableHashSet<NetworkId> _networks = [];
    private ImmutableHashSet<ulong> _presentLinks = [];
    private DatapathState _current = DatapathState.Empty;
    private readonly HashSet<uint> _unfilled = [];
    private IfIndex _vxlan;
    private bool _activated;

    /// <summary>Every pod of the journal.</summary>
    public ImmutableDictionary<PodKey, Pod> Pods => Volatile.Read(ref _pods);

    /// <summary>What the maps hold, as far as this daemon wrote or saw it.</summary>
    public DatapathState Current => Volatile.Read(ref _current);

    /// <summary>Numbers of attachments whose device was there at the last look.</summary>
    public ImmutableHashSet<ulong> PresentLinks => Volatile.Read(ref _presentLinks);

    /// <summary>Told of every pod whose interfaces, or how far they have come, are others now. What is told must not wait: a pod's start does.</summary>
    public event Action<Pod>? PodSaved;

    /// <summary>Reads the journal, the links and the maps that an earlier daemon left. Changes nothing in the kernel.</summary>
    public void Restore()
    {
        var owned = links.ListOwned();
        var pods = journal.Load(owned.Select(l => l.Number), out var unreadable);
        for (var i = 0; i < unreadable.Length; i++)
        {
            problems.Set($"journal/{i}", unreadable[i]);
        }

        var devices = owned.ToDictionary(l => l.Number, l => l.Device);
        Publish(pods.ToImmutableDictionary(p => p.Key, p => p with
        {
            Attachments = [.. p.Attachments.Select(a => a with { Device = devices.GetValueOrDefault(a.Number) })],
        }));
        Volatile.Write(ref _presentLinks, [.. devices.Keys]);
        Volatile.Write(ref _current, datapath.Observe(Current));
    }

    /// <summary>Writes new attachments of a pod to the journal, before anything of them exists.</summary>
    /// <param name="pod">The pod; what the journal has of it is kept.</param>
    /// <param name="endpoints">What to attach, with the interface names.</param>
    /// <returns>The attachments, in order.</returns>
    public ImmutableArray<Attachment> Begin(Pod pod, IReadOnlyList<AttachmentWish> endpoints)
    {
        var known = Pods.GetValueOrDefault(pod.Key) is { } kept ? pod with { Attachments = kept.Attachments, SeenByRuntime = kept.SeenByRuntime } : pod;
        var added = ImmutableArray.CreateBuilder<Attachment>(endpoints.Count);
        foreach (var wish in endpoints)
        {
            var attachment = new Attachment(
                journal.NextNumber(), wish.Interface.Length > 0 ? wish.Interface : known.NextInterface(), wish.Endpoint, wish.DatapathId,
                wish.Addresses, wish.Mac, IfIndex.None, AttachmentPhase.Adding, HasDefaultRoute: false, time.GetUtcNow())
            {
                ClusterAddresses = wish.ClusterAddresses,
                Group = wish.Group,
                PostedGroup = wish.PostedGroup,
                IsSecondary = wish.IsSecondary,
            };
            var gateways = attachment.DefaultGateways;
            var isTaken = known.Attachments.Any(a => IsPresent(a) && a.HasDefaultRoute && a.DefaultGateways.Any(gateway => gateways.Of(gateway.IsV4) is not null));
            attachment = attachment with { HasDefaultRoute = !wish.IsSecondary && !gateways.IsEmpty && !isTaken };
            known = known.With(attachment);
            added.Add(attachment);
        }

        Save(known);
        FaultPoint.Reach(FaultPoint.AddJournaled);
        return added.DrainToImmutable();
    }

    /// <summary>Makes the link of an attachment, tells the maps, and brings it up.</summary>
    public Attachment Build(PodKey key, ulong number, IPodNamespace pod)
    {
        var attachment = Find(key, number);
        using var link = links.Create(WishFor(attachment, key), pod);
        attachment = attachment with { Device = link.Device };

        // The device is found again by its name, so the journal need not be written for it.
        Publish(Pods.SetItem(key, Pods[key].With(attachment)));
        Volatile.Write(ref _presentLinks, PresentLinks.Add(number));
        FaultPoint.Reach(FaultPoint.AddLinkCreated);
        _unfilled.UnionWith(attachment.Networks.Select(network => network.Key).Where(network => !Current.Networks.ContainsKey(network)));
        ApplyNow(
        [
            .. attachment.Networks.Select(network => new DatapathChange.SetNetwork(network.Key, network.Value)),
            .. attachment.Endpoints.Select(endpoint => new DatapathChange.SetEndpoint(endpoint.Key, endpoint.Value)),
            new DatapathChange.SetInterface(attachment.Device, attachment.InterfaceEntry),
        ]);
        FaultPoint.Reach(FaultPoint.AddMapsFilled);
        links.BringUp(link);
        FaultPoint.Reach(FaultPoint.AddUp);
        return attachment;
    }

    /// <summary>
    /// Writes to the journal that attachments are up and bound, after the maps have the peers of a network that came to this node with them: its
    /// listing may have been looked at before the network was present here.
    /// </summary>
    /// <param name="key">The pod.</param>
    /// <param name="bound">Attachment numbers with the revision at which they were bound.</param>
    public void Complete(PodKey key, IReadOnlyDictionary<ulong, long> bound)
    {
        var pod = Pods[key];
        uint[] unfilled = [.. pod.Attachments.SelectMany(a => a.Networks).Select(network => network.Key).Where(_unfilled.Contains)];
        if (unfilled.Length > 0)
        {
            if (!Reconcile(new ClusterChange(true, [], false)) && !_lacksOnlyServices)
            {
                throw new IOException("the datapath's maps did not take the network's endpoints: see the problems in the status");
            }

            _unfilled.ExceptWith(unfilled);
        }

        TellFirewall();

        foreach (var (number, revision) in bound)
        {
            pod = pod.With(Find(key, number) with { Phase = AttachmentPhase.Up, BoundRevision = revision });
        }

        Save(pod);
        FaultPoint.Reach(FaultPoint.AddCompleted);
    }

    /// <summary>Notes on an attachment that its binding was seen or written, or that it is (no longer) without an endpoint after a reset.</summary>
    public void Note(PodKey key, ulong number, long boundRevision, bool unposted)
    {
        if (Pods.GetValueOrDefault(key) is { } pod && pod.Attachments.FirstOrDefault(a => a.Number == number) is { } attachment
            && (attachment.BoundRevision != boundRevision || attachment.Unposted != unposted))
        {
            Save(pod.With(attachment with { BoundRevision = boundRevision, Unposted = unposted }));
        }
    }

    /// <summary>Notes that the runtime listed a sandbox: from then on its absence means that it is gone.</summary>
    public void NoteSeen(IReadOnlySet<string> sandboxes)
    {
        foreach (var pod in Pods.Values.Where(p => !p.SeenByRuntime && sandboxes.Contains(p.Key.Sandbox)))
        {
            Save(pod with { SeenByRuntime = true });
        }
    }

    /// <summary>Takes attachments out of the maps and their links down. The bindings are still to be cleared.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="numbers">The attachments.</param>
    /// <param name="ended">True: the runtime took the pod away. False: it runs on without these.</param>
    /// <param name="begun">Called when the journal says that they leave, before anything else is done.</param>
    /// <returns>What is to be compared again, since another endpoint may have their addresses by now.</returns>
    public ClusterChange TearDown(PodKey key, ImmutableArray<ulong> numbers, bool ended, Action? begun = null)
    {
        if (!Pods.TryGetValue(key, out var pod))
        {
            return ClusterChange.None;
        }

        var leaving = pod.Attachments.Where(a => numbers.Contains(a.Number) && a.Phase != AttachmentPhase.Unbinding).ToImmutableArray();
        if (leaving.IsEmpty && (pod.Ended || !ended))
        {
            return ClusterChange.None;
        }

        pod = pod with { Ended = pod.Ended || ended };
        foreach (var attachment in leaving)
        {
            pod = pod.With(attachment with { Phase = AttachmentPhase.Leaving });
        }

        Save(pod);
        if (leaving.IsEmpty)
        {
            return ClusterChange.None;
        }

        FaultPoint.Reach(FaultPoint.DelBegun);
        begun?.Invoke();

        // A link whose making failed half way has no known device yet but may exist.
        var devices = leaving.Any(a => a.Device == IfIndex.None)
            ? links.ListOwned().Where(l => leaving.Any(a => a.Number == l.Number)).Select(l => l.Device).ToImmutableArray()
            : [.. leaving.Select(a => a.Device)];
        ApplyNow([.. leaving.SelectMany(a => Forget(a, numbers))]);
        TellFirewall();

        FaultPoint.Reach(FaultPoint.DelMapsCleared);
        links.Retire(devices);
        retired();
        FaultPoint.Reach(FaultPoint.DelRetired);
        foreach (var attachment in leaving)
        {
            pod = pod.With(attachment with { Phase = AttachmentPhase.Unbinding, Device = IfIndex.None });
        }

        Volatile.Write(ref _presentLinks, PresentLinks.Except(leaving.Select(a => a.Number)));
        BeginRest(leaving);

        // Not in the journal: it forgets them in a moment, or says so when a binding could not be cleared. Until then it says that they leave, and
        // who finds that does all of this again.
        Publish(Pods.SetItem(key, pod));
        return Freed(leaving);
    }

    // The last of a network on this node takes the whole network out of the maps.
    private ClusterChange Freed(ImmutableArray<Attachment> gone)
    {
        var present = Pods.Values.SelectMany(p => p.Attachments).Where(IsLocal).Select(a => a.DatapathId).ToHashSet();
        return gone.All(a => present.Contains(a.DatapathId))
            ? new ClusterChange(false, [.. gone.Select(a => new EndpointChange(a.Endpoint, a.Address))], false)
            : new ClusterChange(true, [], false);
    }

    /// <summary>Removes attachments whose bindings are cleared from the journal.</summary>
    /// <param name="key">The pod.</param>
    /// <param name="numbers">The attachments. A pod that runs on without any stays, and waits for an endpoint to be posted.</param>
    public void Forget(PodKey key, ImmutableArray<ulong> numbers)
    {
        if (!Pods.TryGetValue(key, out var pod))
        {
            return;
        }

        pod = pod with { Attachments = pod.Attachments.RemoveAll(a => numbers.Contains(a.Number)) };
        if (pod.Attachments.IsEmpty && pod.Ended)
        {
            journal.Remove(key);
            Publish(Pods.Remove(key));
        }
        else
        {
            Save(pod);
        }

        FaultPoint.Reach(FaultPoint.DelJournalRemoved);
    }

    /// <summary>What is wrong with a pod's interfaces, a sentence each.</summary>
    public ImmutableArray<string> Check(PodKey key, IPodNamespace pod)
    {
        if (!Pods.TryGetValue(key, out var known))
        {
            return [$"{key} is not attached"];
        }

        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var a in known.Attachments)
        {
            wrong.AddRange(links.Check(WishFor(a, key), a.Device, pod));
            if (datapath.Find(a.Device) != a.InterfaceEntry)
            {
                wrong.Add($"{a.DeviceName} is not in the datapath's interface map as it should be");
            }

            wrong.AddRange(a.Endpoints.Where(endpoint => datapath.Find(endpoint.Key) != endpoint.Value)
                .Select(endpoint => $"{a.Endpoint} is not in the datapath's endpoint map with {endpoint.Key.Address}"));
        }

        if (!known.HostPorts.IsEmpty)
        {
            var present = links.ListHostPorts();
            wrong.AddRange(HostPorts.Of(known).Where(p => !present.Contains(p)).Select(p => $"the node's firewall does not say that {p}"));
        }

        return wrong.DrainToImmutable();
    }

    private IEnumerable<DatapathChange> Forget(Attachment leaving, ImmutableArray<ulong> numbers)
    {
        if (leaving.Device != IfIndex.None)
        {
            yield return new DatapathChange.RemoveInterface(leaving.Device);
        }

        // A pod that was made anew may have the endpoint already, before the runtime takes the old one away.
        foreach (var (key, _) in leaving.Endpoints)
        {
            var heir = Pods.Values.SelectMany(p => p.Attachments)
                .Where(a => IsLocal(a) && !numbers.Contains(a.Number) && a.Endpoints.Any(endpoint => endpoint.Key == key))
                .MaxBy(a => a.Number);
            yield return heir is null ? new DatapathChange.RemoveEndpoint(key)
                : new DatapathChange.SetEndpoint(key, heir.Endpoints.First(endpoint => endpoint.Key == key).Value);
        }
    }

    private Attachment Find(PodKey key, ulong number) =>
        Pods.GetValueOrDefault(key)?.Attachments.FirstOrDefault(a => a.Number == number)
        ?? throw new InvalidOperationException($"attachment {number} of {key} is not in the journal");

    private LinkWish WishFor(Attachment a, PodKey key) => new(
        a.Number, $"netplugin {key.Sandbox} {a.Interface} {a.Endpoint}", a.Interface, a.Mac, a.LinkAddresses, a.Routes, OverlayMtu);

    private int OverlayMtu => Current.Node?.OverlayMtu ?? view().OverlayMtu(facts().UnderlayMtu);

    private void Save(Pod pod)
    {
        journal.Save(pod);
        Publish(Pods.SetItem(pod.Key, pod));
        PodSaved?.Invoke(pod);
    }

    private void Publish(ImmutableDictionary<PodKey, Pod> pods)
    {
        Volatile.Write(ref _pods, pods);
        ImmutableHashSet<NetworkId> networks =
            [.. pods.Values.SelectMany(p => p.Attachments).Where(a => !a.IsInDefaultNetwork).Select(a => a.Endpoint.Network)];
        if (!networks.SetEquals(_networks))
        {
            _networks = networks;
            networksChanged(networks);
        }
    }

    private void ApplyNow(ImmutableArray<DatapathChange> changes)
    {
        if (changes.IsEmpty)
        {
            return;
        }

        try
        {
            datapath.Apply(changes);
            Volatile.Write(ref _current, MapEffects.After(Current, changes));
        }
        catch (KernelException)
        {
            // Some may have been carried out: what the maps hold is to be seen, not guessed. One alone was not.
            if (changes.Length > 1)
            {
                Volatile.Write(ref _current, datapath.Observe(Current));
            }

            throw;
        }
    }

    private void Warn(string topic, string problem)
    {
        if (problems.Set(topic, problem))
        {
            LoopLog.Problem(log, problem);
        }
    }
}

/// <summary>An endpoint to attach.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="DatapathId">Its network's number in the maps.</param>
/// <param name="Addresses">Its addresses in the network.</param>
/// <param name="ClusterAddresses">Of a tenant's pod: its cluster addresses; none: it gets none.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Interface">The interface's name in the pod; empty: the next free one.</param>
internal sealed record AttachmentWish(
    EndpointId Endpoint, uint DatapathId, PerFamily<InterfaceAddress> Addresses, PerFamily<InterfaceAddress> ClusterAddresses, MacAddress Mac, string Interface)
{
    /// <summary>Of a pod that has the network by labels or its annotation: its group; null: it has it otherwise.</summary>
    public string? Group { get; init; }

    /// <summary>Of a posted endpoint: its group; empty: none.</summary>
    public string PostedGroup { get; init; } = "";

    /// <summary>True for an interface beside the pod's first, which its annotation asks for.</summary>
    public bool IsSecondary { get; init; }
}
