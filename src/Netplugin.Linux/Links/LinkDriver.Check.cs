using System.Globalization;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary>
    /// Holds a pod's link against what it was made from, as CNI's CHECK asks: both sides, programs, MAC, addresses, routes. The MTU is
    /// left out: it follows the underlay.
    /// </summary>
    /// <returns>What is wrong, a sentence each; empty when all is well.</returns>
    public IReadOnlyList<string> Check(EndpointLinkSpec spec, NetworkNamespace pod)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(pod);
        using var conversation = pod.Run(_open);
        var wrong = new List<string>();
        var host = Find(_node, spec.HostInterface);
        var inPod = Find(conversation, spec.PodInterface);
        CheckHost(spec, host, wrong);
        if (inPod is null)
        {
            wrong.Add($"interface {spec.PodInterface} is missing in the pod");
            return wrong;
        }

        if (host is not null && host.Peer != inPod.Index)
        {
            wrong.Add($"interface {spec.PodInterface} is not the other side of {spec.HostInterface}");
        }

        if (!inPod.IsUp)
        {
            wrong.Add($"interface {spec.PodInterface} is down");
        }

        if (inPod.Mac != spec.Mac)
        {
            wrong.Add($"interface {spec.PodInterface} has MAC {inPod.Mac}, not {spec.Mac}");
        }

        CheckAddresses(spec, conversation, inPod, wrong);
        CheckRoutes(spec, conversation, inPod, wrong);
        return wrong;
    }

    private static void CheckAddresses(EndpointLinkSpec spec, NetlinkConversation pod, LinkState link, List<string> wrong)
    {
        var addresses = pod.Dump("list the addresses", AddressMessages.GetAddresses, DeviceAddress.Parse)
            .Where(address => address.Device == link.Index).Select(address => address.Prefix).ToHashSet();
        foreach (var address in spec.Addresses.Where(address => !addresses.Contains(address)))
        {
            wrong.Add($"interface {spec.PodInterface} lacks address {address}");
        }
    }

    private static void CheckRoutes(EndpointLinkSpec spec, NetlinkConversation pod, LinkState link, List<string> wrong)
    {
        if (spec.Routes.Count == 0)
        {
            return;
        }

        var routes = new HashSet<PodRoute>();
        foreach (var family in new[] { K.FamilyInet, K.FamilyInet6 })
        {
            routes.UnionWith(RouteState.List(pod, family)
                .Where(route => route.Device == link.Index).Select(route => new PodRoute(route.Destination, route.Gateway, route.Source)));
        }

        foreach (var route in spec.Routes.Where(route => !routes.Contains(route with { Destination = route.Destination.Masked })))
        {
            var via = route.Gateway.IsUnspecified ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" via {route.Gateway}");
            var source = route.Source.IsUnspecified ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" from {route.Source}");
            wrong.Add($"the route to {route.Destination}{via}{source} through {spec.PodInterface} is missing");
        }
    }

    private void CheckHost(EndpointLinkSpec spec, LinkState? host, List<string> wrong)
    {
        if (host is null)
        {
            wrong.Add($"link {spec.HostInterface} is missing on the node");
            return;
        }

        if (!host.IsUp)
        {
            wrong.Add($"link {spec.HostInterface} is down");
        }

        if (host.Group == LinkNames.RetiredGroup)
        {
            wrong.Add($"link {spec.HostInterface} waits to be deleted");
        }

        if (ProgramAt(host.Index, TrafficMessages.Ingress) == 0 || ProgramAt(host.Index, TrafficMessages.Egress) == 0)
        {
            wrong.Add($"link {spec.HostInterface} has lost its programs");
        }
    }
}
