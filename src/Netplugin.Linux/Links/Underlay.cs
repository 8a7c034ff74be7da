using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

/// <summary>Reads what the overlay is built on: the node's own addresses, devices and routes.</summary>
public sealed class Underlay
{
    /// <summary><c>RT_SCOPE_LINK</c>, <c>linux/rtnetlink.h</c>.</summary>
    private const byte ScopeLink = 253;

    private readonly NetlinkConversation _node;

    internal Underlay(NetlinkConversation node) => _node = node;

    /// <summary>Finds the device that has an address; null when the node has no such address.</summary>
    /// <remarks>An address kept on the loopback device, as routed fabrics do, gets the MTU of the default route's device.</remarks>
    public UnderlayAddress? Find(IpAddr address)
    {
        var (addresses, onLoopback) = List();
        return addresses.FirstOrDefault(candidate => candidate.Prefix.Address == address)
            ?? (onLoopback.FirstOrDefault(candidate => candidate.Prefix.Address == address) is { } found
                ? found with { Mtu = DefaultRouteAddress()?.Mtu ?? found.Mtu } : null);
    }

    /// <summary>
    /// The address of the other family that a node with an address is known by: on the same device, of more than the link's scope, and lasting; the
    /// oldest of several. Unspecified when there is none.
    /// </summary>
    public IpAddr OtherFamilyOf(IpAddr address)
    {
        var all = _node.Dump("list the addresses", AddressMessages.GetAddresses, DeviceAddress.Parse);
        var device = all.FirstOrDefault(candidate => candidate.Prefix.Address == address)?.Device;
        var others = all.Where(other => other.Device == device && other.Scope < ScopeLink && other.IsLasting && other.Prefix.IsV4 != address.IsV4).ToArray();

        // The kernel lists the newest IPv6 address of a scope first, and the oldest IPv4 address.
        return (address.IsV4 ? others.LastOrDefault() : others.FirstOrDefault())?.Prefix.Address ?? IpAddr.Unspecified;
    }

    /// <summary>All addresses of the node but those of loopback devices and link-local ones.</summary>
    public IReadOnlyList<UnderlayAddress> Addresses() => List().Addresses;

    /// <summary>
    /// The address a node speaks from unless told otherwise: the preferred source of the default route with the lowest metric, IPv4
    /// before IPv6, or its device's first address. Null when there is no default route.
    /// </summary>
    public UnderlayAddress? DefaultRouteAddress()
    {
        var addresses = Addresses();
        foreach (var family in (ReadOnlySpan<byte>)[K.FamilyInet, K.FamilyInet6])
        {
            var isV4 = family == K.FamilyInet;
            var route = RouteState.List(_node, family)
                .Where(route => route.Destination.Length == 0 && route.Table == AddressMessages.MainTable && route.Type == AddressMessages.Unicast)
                .MinBy(route => route.Metric);
            var onDevice = addresses.Where(address => route is not null && address.Device == route.Device && address.Prefix.Address.IsV4 == isV4).ToList();
            if (onDevice.FirstOrDefault(address => address.Prefix.Address == route!.Source) is { } preferred)
            {
                return preferred;
            }

            if (onDevice is [var first, ..])
            {
                return first;
            }
        }

        return null;
    }

    /// <summary>Which way a packet to an address would go.</summary>
    /// <exception cref="KernelException">There is no route (ENETUNREACH).</exception>
    public UnderlayRoute RouteTo(IpAddr destination)
    {
        var batch = new NetlinkBatch();
        AddressMessages.Resolve(batch, destination);
        RouteState? found = null;
        _node.Execute(batch, (_, message) => found = RouteState.Parse(message));
        if (found is null)
        {
            throw new KernelException("find the route to", destination.ToString(), Errno.NetUnreachable);
        }

        var get = new NetlinkBatch();
        LinkMessages.Get(get, found.Device);
        LinkState? link = null;
        _node.Execute(get, (_, message) => link = LinkState.Parse(message));
        var mtu = found.Mtu > 0 ? Math.Min(found.Mtu, link!.Mtu) : link!.Mtu;
        return new(found.Device, link.Name, found.Source, found.Gateway, mtu);
    }

    /// <summary>
    /// The next hops towards other nodes' tunnel ends, each behind an Ethernet device. A tunnel end whose route is not that plain (several next
    /// hops, one of the other family, IPv6, too small an MTU) has no entry.
    /// </summary>
    /// <param name="source">This node's tunnel end.</param>
    /// <param name="vteps">The others'.</param>
    /// <param name="mtu">The MTU in bytes that the route must have.</param>
    /// <exception cref="KernelException">The devices cannot be read.</exception>
    public ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(IpAddr source, IEnumerable<IpAddr> vteps, int mtu)
    {
        ArgumentNullException.ThrowIfNull(vteps);
        IpAddr[] asked = source.IsV4 ? [.. vteps.Where(vtep => vtep.IsV4)] : [];
        var hops = ImmutableDictionary.CreateBuilder<IpAddr, VtepEntry>();
        if (asked.Length == 0)
        {
            return hops.ToImmutable();
        }

        var links = _node.Dump("list the links", LinkMessages.GetAll, LinkState.Parse).ToDictionary(link => link.Index);
        var batch = new NetlinkBatch();
        foreach (var vtep in asked)
        {
            AddressMessages.ResolveRoute(batch, source, vtep);
        }

        // No route, or a source that is not this node's, is an answer: there is no next hop.
        _node.Try(batch, (step, message) =>
        {
            var route = RouteState.Parse(message);
            if (route is { IsPlain: true, Type: AddressMessages.Unicast } && links.TryGetValue(route.Device, out var link)
                && link.HardwareType == K.HardwareEthernet && (link.Flags & K.FlagNoArp) == 0 && link.Mtu >= mtu && (route.Mtu == 0 || route.Mtu >= mtu))
            {
                hops[asked[step]] = new(route.Device, route.Gateway.IsUnspecified ? asked[step] : route.Gateway);
            }
        });
        return hops.ToImmutable();
    }

    private (IReadOnlyList<UnderlayAddress> Addresses, IReadOnlyList<UnderlayAddress> OnLoopback) List()
    {
        var links = _node.Dump("list the links", LinkMessages.GetAll, LinkState.Parse).ToDictionary(link => link.Index);
        var addresses = new List<UnderlayAddress>();
        var onLoopback = new List<UnderlayAddress>();
        foreach (var address in _node.Dump("list the addresses", AddressMessages.GetAddresses, DeviceAddress.Parse))
        {
            if (address.Scope < ScopeLink && links.TryGetValue(address.Device, out var link))
            {
                ((link.Flags & K.FlagLoopback) == 0 ? addresses : onLoopback).Add(new(link.Index, link.Name, address.Prefix, link.Mtu));
            }
        }

        return (addresses, onLoopback);
    }
}
