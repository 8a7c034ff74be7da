using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Nftables;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>Links in memory.</summary>
internal sealed class FakeLinks(Failures failures) : ILinks
{
    private int _next = 100;

    public ConcurrentDictionary<IfIndex, (ulong Number, bool Up)> Links { get; } = new();

    /// <summary>What each link was made from.</summary>
    public ConcurrentDictionary<IfIndex, LinkWish> Wishes { get; } = new();

    public ConcurrentDictionary<IfIndex, bool> Retired { get; } = new();

    public IfIndex Vxlan { get; set; } = new(7);

    public Action? BeforeCreate { get; set; }

    public ICreatedLink Create(LinkWish wish, IPodNamespace pod)
    {
        BeforeCreate?.Invoke();
        failures.Count("create a link");
        var device = new IfIndex(_next++);
        Links[device] = (wish.Number, false);
        Wishes[device] = wish;
        return new Created(device);
    }

    public void BringUp(ICreatedLink link)
    {
        failures.Count("bring up a link");
        Links[link.Device] = Links[link.Device] with { Up = true };
    }

    public void Attach(LinkWish wish, IfIndex device) => failures.Count("attach programs");

    public void Retire(ImmutableArray<IfIndex> devices)
    {
        failures.Count("retire links");
        foreach (var device in devices)
        {
            if (Links.TryRemove(device, out _))
            {
                Retired[device] = true;
            }
        }
    }

    public void DeleteRetired() => Retired.Clear();

    public ImmutableArray<OwnedLink> ListOwned() => [.. Links.Select(l => new OwnedLink(l.Key, l.Value.Number, l.Value.Up, true, 1450))];

    public ImmutableArray<string> Check(LinkWish wish, IfIndex device, IPodNamespace pod) => Links.ContainsKey(device) ? [] : [$"{device} is gone"];

    public void SetMtu(IfIndex device, IPodNamespace pod, string podInterface, int mtu) => failures.Count("set the MTU");

    public IfIndex EnsureVxlanDevice(int mtu) => Vxlan;

    public ImmutableDictionary<IpAddr, VtepEntry> NextHops { get; set; } = ImmutableDictionary<IpAddr, VtepEntry>.Empty;

    public ConcurrentBag<IfIndex> Uplinks { get; } = [];

    public ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(IpAddr source, IReadOnlyCollection<IpAddr> vteps, int mtu) =>
        NextHops.Where(hop => vteps.Contains(hop.Key)).ToImmutableDictionary();

    public void AttachUplink(IfIndex device)
    {
        failures.Count("attach to an uplink");
        Uplinks.Add(device);
    }

    public ImmutableHashSet<HostPort> HostPorts { get; set; } = [];

    public ImmutableHashSet<IpAddr> FirewallNodes { get; private set; } = [];

    public bool Masquerades { get; private set; }

    public void EnsureFirewall(bool masquerade, ImmutableHashSet<HostPort> hostPorts, ImmutableHashSet<IpAddr> nodes)
    {
        var peers = hostPorts.IsEmpty ? [] : nodes;
        if (Masquerades != masquerade || !HostPorts.SetEquals(hostPorts) || !FirewallNodes.SetEquals(peers))
        {
            failures.Count("write the firewall");
            (Masquerades, HostPorts, FirewallNodes) = (masquerade, hostPorts, peers);
        }
    }

    public ImmutableHashSet<HostPort> ListHostPorts() => HostPorts;

    public HostPlane? Plane { get; private set; }

    public void EnsureHostPlane(IfIndex vxlan, HostPlane? plane)
    {
        failures.Count("set the host's routes");
        Plane = plane;
    }

    private sealed record Created(IfIndex Device) : ICreatedLink
    {
        public void Dispose()
        {
            // Nothing is held open.
        }
    }
}

/// <summary>Maps in memory. A call that fails half way has carried out the first half, as the kernel's may.</summary>
internal sealed class FakeDatapath(Failures failures) : IDatapath
{
    public DatapathState State { get; set; } = DatapathState.Empty;

    public bool HasOlderGeneration { get; set; }

    public int Activations { get; private set; }

    public DatapathState Observe(DatapathState known) => State;

    public EndpointEntry? Find(EndpointKey key) => State.Endpoints.TryGetValue(key, out var entry) ? entry : null;

    public InterfaceEntry? Find(IfIndex device) => State.Interfaces.TryGetValue(device, out var entry) ? entry : null;

    public void Apply(ImmutableArray<DatapathChange> changes)
    {
        try
        {
            failures.Count("write maps");
        }
        catch
        {
            State = MapEffects.After(State, changes.Take(changes.Length / 2));
            throw;
        }

        foreach (var change in changes)
        {
            if ((RefusesFrontends && change is DatapathChange.SetFrontend) || (RefusesShared && change is DatapathChange.SetShared))
            {
                throw new KernelException("write to the map", change is DatapathChange.SetShared ? "np_shared" : "np_frontends", 7, "the map is full");
            }

            State = MapEffects.After(State, [change]);
        }
    }

    public void Activate() => Activations++;

    /// <summary>True: no frontend fits.</summary>
    public bool RefusesFrontends { get; set; }

    /// <summary>True: no port that all may use fits.</summary>
    public bool RefusesShared { get; set; }

    public bool HasUnusedBackends { get; set; }

    public SweepResult Swept { get; set; }

    public int Sweeps { get; private set; }

    public SweepResult Sweep()
    {
        failures.Count("sweep");
        Sweeps++;
        HasUnusedBackends = false;
        return Swept;
    }

    public SweepResult FlowsSwept { get; set; }

    public int FlowSweeps { get; private set; }

    public SweepResult SweepFlows()
    {
        FlowSweeps++;
        return FlowsSwept;
    }

    public DatapathCounts ReadCounters() => DatapathCounts.Empty;

    public void Dispose()
    {
        // Nothing is held open.
    }
}

/// <summary>Namespaces that are only names; those in <see cref="Gone"/> cannot be opened.</summary>
internal sealed class FakeNamespaces : IPodNamespaces
{
    public ConcurrentDictionary<string, bool> Gone { get; } = new();

    public IPodNamespace? TryOpen(string path) => path.Length == 0 || Gone.ContainsKey(path) ? null : new FakeNamespace(path);

    public IPodNamespace FromDescriptor(SafeFileHandle descriptor, string path) => new FakeNamespace(path);
}

/// <summary>A namespace that is only a name.</summary>
internal sealed record FakeNamespace(string Path) : IPodNamespace
{
    public void Dispose()
    {
        // Nothing is held open.
    }
}
