using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>The ways to the other nodes that need no VXLAN device: what the routes say, looked up when something changed and not for each packet.</summary>
internal sealed partial class NodeKernel
{
    private WaysAsked? _asked;
    private ImmutableDictionary<IpAddr, VtepEntry> _ways = ImmutableDictionary<IpAddr, VtepEntry>.Empty;

    /// <summary>Looks the ways up again, after routes, addresses or links changed.</summary>
    /// <returns>False when something could not be written and is to be tried again.</returns>
    public bool RefreshWays()
    {
        _asked = null;
        if (Current.Node is not { } node)
        {
            return true;
        }

        var ways = WaysTo(node, [.. Current.Vteps.Keys]);
        return ApplyEach([.. Current.Vteps
            .Where(known => ways.GetValueOrDefault(known.Key) != known.Value)
            .Select(known => new DatapathChange.SetVtep(known.Key, ways.GetValueOrDefault(known.Key)))]);
    }

    private DatapathState WithWays(DatapathState wanted)
    {
        if (wanted.Node is not { } node)
        {
            return wanted;
        }

        var ways = WaysTo(node, [.. wanted.Vteps.Keys]);
        return wanted with { Vteps = wanted.Vteps.SetItems(ways.Where(way => wanted.Vteps.ContainsKey(way.Key))) };
    }

    private ImmutableDictionary<IpAddr, VtepEntry> WaysTo(NodeEntry node, ImmutableHashSet<IpAddr> vteps)
    {
        var asked = new WaysAsked(node.Vtep, node.OverlayMtu + ClusterView.VxlanOverV4, vteps);
        if (_asked is { } before && before.Source == asked.Source && before.Mtu == asked.Mtu && before.Vteps.SetEquals(vteps))
        {
            return _ways;
        }

        _ways = links.WaysTo(asked.Source, vteps, asked.Mtu);
        var unattached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in _ways.Values.Select(way => way.Device).Distinct())
        {
            try
            {
                links.AttachUplink(device);
            }
            catch (KernelException e)
            {
                // What comes in goes by the VXLAN device then, and is only slower.
                unattached.Add($"uplink/{device}");
                Warn($"uplink/{device}", $"the program for VXLAN does not attach to device {device}, so its packets take the slower way: {e.Message}");
            }
        }

        problems.KeepOnly("uplink/", unattached);
        _asked = asked;
        return _ways;
    }

    private sealed record WaysAsked(IpAddr Source, int Mtu, ImmutableHashSet<IpAddr> Vteps);
}
