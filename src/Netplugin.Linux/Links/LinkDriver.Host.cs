using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary>
    /// Makes sure that the node speaks to pods by a device: it has these addresses and is the way to these blocks, and no others. What is
    /// right already is not touched.
    /// </summary>
    /// <param name="device">The VXLAN device, up.</param>
    /// <param name="addresses">The node's own addresses on it, at most one of a family.</param>
    /// <param name="blocks">What is behind it. A block of a family that the node has no source of is left out.</param>
    /// <param name="sources">Which of its addresses the node speaks to the blocks from unless told otherwise, one of a family.</param>
    /// <exception cref="KernelException">The kernel refuses some of it, as when the node has another route to a block.</exception>
    public void EnsureHostRoutes(
        IfIndex device, IReadOnlyCollection<IpAddr> addresses, IReadOnlyCollection<IpPrefix> blocks, IReadOnlyCollection<IpAddr> sources)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(sources);
        var wanted = addresses.Select(IpPrefix.Alone).ToHashSet();
        var there = _node.Dump("list the addresses", AddressMessages.GetAddresses, DeviceAddress.Parse)
            .Where(address => address.Device == device).Select(address => address.Prefix).ToHashSet();
        var routes = new[] { K.FamilyInet, K.FamilyInet6 }.SelectMany(family => RouteState.List(_node, family))
            .Where(route => route.Device == device && route.Table == AddressMessages.MainTable && route.Protocol != AddressMessages.ProtocolKernel)
            .ToLookup(route => route.Destination);
        var reachable = blocks.Select(block => block.Masked).Distinct()
            .Select(block => (Block: block, Source: sources.FirstOrDefault(source => source.IsV4 == block.Address.IsV4)))
            .Where(route => !route.Source.IsUnspecified)
            .ToDictionary(route => route.Block, route => route.Source);

        // With an address go the routes that speak from it, so routes leave first and come last.
        var batch = new NetlinkBatch();
        foreach (var gone in routes.Where(route => !reachable.ContainsKey(route.Key)).SelectMany(route => route))
        {
            AddressMessages.DeleteRoute(batch, device, gone.Destination);
        }

        foreach (var address in there.Where(address => !wanted.Contains(address)))
        {
            AddressMessages.Delete(batch, device, address);
        }

        foreach (var address in wanted.Where(address => !there.Contains(address)))
        {
            AddressMessages.Add(batch, device, address);
        }

        foreach (var (block, source) in reachable.Where(route => !routes[route.Key].Any(known => known.Source == route.Value)))
        {
            AddressMessages.Put(batch, device, block, source);
        }

        if (batch.Count > 0)
        {
            _node.Execute(batch);
        }
    }
}
