using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>Making the maps and links agree with what is wanted.</summary>
internal sealed partial class NodeKernel
{
    // Too many Services are no reason to refuse pods.
    private bool _lacksOnlyServices;

    /// <summary>Makes the maps hold what is wanted, as far as <paramref name="change"/> reaches.</summary>
    /// <returns>False when something could not be written and is to be tried again.</returns>
    public bool Reconcile(ClusterChange change)
    {
        var everything = change.Everything || Current.Node is null;
        var changes = everything ? Everything()
            : change.Services ? [.. OnlyEndpoints(change.Endpoints), .. DatapathDiff.Compute(WithServices(Current), Current)]
            : OnlyEndpoints(change.Endpoints);
        var good = ApplyEach(changes);
        if (changes.Any(c => c is DatapathChange.SetNode))
        {
            AdjustLinks();
        }

        if (everything)
        {
            var reaches = ReachPods();
            good &= reaches;
            _lacksOnlyServices &= reaches;
            TellFirewall();
        }

        // Another build's programs go on over its own maps until these hold everything, or everything that goes in.
        if ((good || _lacksOnlyServices) && !_activated && (!datapath.HasOlderGeneration || IsComplete))
        {
            datapath.Activate();
            _activated = true;
            LoopLog.Activated(log);
        }

        return good;
    }

    /// <summary>Looks at the real links and maps instead of what is remembered of them, and makes them as wanted.</summary>
    /// <param name="removeOrphans">False while not every source was listed: then nothing is removed.</param>
    /// <returns>False when something could not be done and is to be tried again.</returns>
    public bool Resync(bool removeOrphans)
    {
        _asked = null;
        EnsureFirewall();
        _vxlan = links.EnsureVxlanDevice(OverlayMtu);
        _planeIsSet = false;
        LookAtLinks(removeOrphans);
        Volatile.Write(ref _current, datapath.Observe(Current));
        if (_connections == Unknown)
        {
            // An earlier daemon may have left some where nothing is balanced any more.
            Sweep();
        }

        return Reconcile(new ClusterChange(true, [], false));
    }

    private bool IsComplete
    {
        get
        {
            var now = view();
            return now.IsListed && _networks.All(n => now.Network(n) is null || now.Endpoints.ContainsKey(n));
        }
    }

    private void LookAtLinks(bool removeOrphans)
    {
        var owned = links.ListOwned();
        var attachments = Pods.Values.SelectMany(p => p.Attachments.Select(a => (p.Key, Attachment: a))).ToDictionary(x => x.Attachment.Number);
        Volatile.Write(ref _presentLinks, [.. owned.Select(l => l.Number)]);
        var unfiltered = new HashSet<string>(StringComparer.Ordinal);
        var orphans = ImmutableArray.CreateBuilder<IfIndex>();
        foreach (var link in owned)
        {
            if (!attachments.TryGetValue(link.Number, out var known))
            {
                orphans.Add(link.Device);
            }
            else if (!link.HasFilters && known.Attachment.Phase == AttachmentPhase.Up)
            {
                // Without them the pod's packets would reach the host's stack, where only the firewall rule drops them.
                unfiltered.Add($"filters/{link.Number}");
                Warn($"filters/{link.Number}", $"{known.Attachment.DeviceName} of {known.Attachment.Endpoint} lost its programs: they are attached again");
                links.Attach(WishFor(known.Attachment, known.Key), link.Device);
            }
        }

        problems.KeepOnly("filters/", unfiltered);
        if (removeOrphans && orphans.Count > 0)
        {
            LoopLog.Orphans(log, orphans.Count);
            links.Retire(orphans.DrainToImmutable());
            retired();
        }
    }

    private ImmutableArray<DatapathChange> Everything()
    {
        // Of two that claim one address the newer has it.
        var local = Pods.Values.SelectMany(p => p.Attachments).Where(IsLocal).OrderBy(a => a.Number).ToArray();
        return DatapathDiff.Compute(WithNextHops(WantedState.Compute(view(), facts(), _vxlan, local, Current, settling(), services())), Current);
    }

    private ImmutableArray<DatapathChange> OnlyEndpoints(ImmutableArray<EndpointChange> changed)
    {
        var now = view();
        if (!now.IsListed)
        {
            return [];
        }

        var me = facts().Host;
        var changes = ImmutableArray.CreateBuilder<DatapathChange>();
        var done = new HashSet<EndpointKey>();
        foreach (var (id, before) in changed)
        {
            if (now.Network(id.Network) is not { } network || !Current.Networks.ContainsKey(network.DatapathId))
            {
                continue;
            }

            var after = now.Endpoint(id);
            foreach (var address in new[] { before, after?.Address })
            {
                var key = new EndpointKey(network.DatapathId, address ?? default);
                if (address is null || !done.Add(key) || (Current.Endpoints.TryGetValue(key, out var held) && held.Device != IfIndex.None))
                {
                    continue;
                }

                var wanted = after is { } still && still.Address == address ? WantedState.Remote(now, me, still) : Elsewhere(now, id, key, me);
                if (wanted is { } entry && entry != held)
                {
                    changes.Add(new DatapathChange.SetEndpoint(key, entry));
                }
                else if (wanted is null && Current.Endpoints.ContainsKey(key) && !settling())
                {
                    changes.Add(new DatapathChange.RemoveEndpoint(key));
                }
            }
        }

        return changes.DrainToImmutable();
    }

    // An address that one endpoint gave up may be another's by now.
    private static EndpointEntry? Elsewhere(ClusterView now, Core.Model.EndpointId gone, EndpointKey key, string me) =>
        now.Endpoints.GetValueOrDefault(gone.Network)?.Values
            .Where(e => e.Address == key.Address)
            .Select(e => WantedState.Remote(now, me, e))
            .FirstOrDefault(e => e is not null);

    private bool ApplyEach(ImmutableArray<DatapathChange> changes)
    {
        _lacksOnlyServices = false;
        if (changes.IsEmpty)
        {
            problems.KeepOnly("maps/", new HashSet<string>());
            return true;
        }

        try
        {
            ApplyNow(changes);
            problems.KeepOnly("maps/", new HashSet<string>());
            return true;
        }
        catch (KernelException e)
        {
            LoopLog.BatchFailed(log, changes.Length, e.Message);
        }

        // One that cannot be written must not keep the others out.
        var failed = new HashSet<string>(StringComparer.Ordinal);
        var lacksOther = false;
        foreach (var change in changes)
        {
            try
            {
                ApplyNow([change]);
            }
            catch (KernelException e)
            {
                lacksOther |= change is not (DatapathChange.SetFrontend or DatapathChange.SetShared);
                if (failed.Count < ProblemsShown && failed.Add($"maps/{failed.Count}"))
                {
                    Warn($"maps/{failed.Count - 1}", $"the datapath's maps do not take a change ({e.Message}): tried again");
                }
            }
        }

        problems.KeepOnly("maps/", failed);
        _lacksOnlyServices = failed.Count > 0 && !lacksOther;
        return failed.Count == 0;
    }

    private void AdjustLinks()
    {
        var mtu = OverlayMtu;
        _vxlan = links.EnsureVxlanDevice(mtu);
        foreach (var pod in Pods.Values)
        {
            foreach (var attachment in pod.Attachments.Where(IsLocal))
            {
                // A pod that was only ever handed over as a descriptor, or is gone, is left as it is.
                if (namespaces.TryOpen(pod.NetworkNamespace) is { } opened)
                {
                    using (opened)
                    {
                        links.SetMtu(attachment.Device, opened, attachment.Interface, mtu);
                    }
                }
            }
        }
    }

    private static bool IsPresent(Attachment attachment) => attachment.Phase is AttachmentPhase.Adding or AttachmentPhase.Up;

    private static bool IsLocal(Attachment attachment) => attachment.Device != IfIndex.None && IsPresent(attachment);
}
