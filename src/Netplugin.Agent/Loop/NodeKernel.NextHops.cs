using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>The next hops towards the other nodes, by which packets need no VXLAN device: what the routes say, looked up when something changed and not for each packet.</summary>
internal sealed partial class NodeKernel
{
    private NextHopQuery? _asked;
    private ImmutableDictionary<IpAddr, VtepEntry> _nextHops = ImmutableDictionary<IpAddr, VtepEntry>.Empty;

    /// <summary>Looks them up again, after routes, addresses or links changed.</summary>
    /// <returns>False when something could not be written and is to be tried again.</returns>
    public bool RefreshNextHops()
    {
        _asked = null;
        if (Current.Node is not { } node)
        {
            return true;
        }

        var hops = NextHopsTo(node, [.. Current.Vteps.Keys]);
        return ApplyEach([.. Current.Vteps
            .Where(known => hops.GetValueOrDefault(known.Key) != known.Value)
            .Select(known => new DatapathChange.SetVtep(known.Key, hops.GetValueOrDefault(known.Key)))]);
    }

    private DatapathState WithNextHops(DatapathState wanted)
    {
        if (wanted.Node is not { } node)
        {
            return wanted;
        }

        return wanted with { Vteps = wanted.Vteps.SetItems(NextHopsTo(node, [.. wanted.Vteps.Keys])) };
    }

    private ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(NodeEntry node, ImmutableHashSet<IpAddr> vteps)
    {
        var asked = new NextHopQuery(node.Vtep, node.OverlayMtu + ClusterView.VxlanOverV4, vteps);
        if (_asked is { } before && before.Source == asked.Source && before.Mtu == asked.Mtu && before.Vteps.SetEquals(vteps))
        {
            return _nextHops;
        }

        _nextHops = links.NextHopsTo(asked.Source, vteps, asked.Mtu);
        var unattached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in _nextHops.Values.Select(hop => hop.Device).Distinct())
        {
            try
            {
                links.AttachUplink(device);
            }
            catch (KernelException e)
            {
                // What comes in goes by the VXLAN device then, and is only slower.
                unattached.Add($"uplink/{device}");
                Warn($"uplink/{device}", $"the program for VXLAN does not attach to device {device}, so its packets go by the VXLAN device: {e.Message}");
            }
        }

        problems.KeepOnly("uplink/", unattached);
        _asked = asked;
        return _nextHops;
    }

    private sealed record NextHopQuery(IpAddr Source, int Mtu, ImmutableHashSet<IpAddr> Vteps);
}
