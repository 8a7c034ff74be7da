using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Core.Services;

/// <summary>
/// The rules again, asked of one frontend at a time and by another way than the table's: who claims it, whose it is, and which endpoints may serve it.
/// </summary>
internal sealed class ServiceModel(ServiceSpec[] services, ServiceEndpoints[] slices, NodePlace node)
{
    public Dictionary<FrontendKey, (NamespacedName Owner, string Line)> Lines()
    {
        var claims =
            from service in services
            from port in service.Ports
            from claim in Keys(service, port)
            group (service, port, claim.Strength) by claim.Key;
        return claims.ToDictionary(
            claim => claim.Key,
            claim =>
            {
                var (service, port, strength) = claim.MinBy(one => (one.Strength, one.service.Created, one.service.Name));
                var isClusterIp = strength == 0 && !claim.Key.Address.IsUnspecified && claim.Key.Address != IpAddr.Parse("0.0.0.0");
                return (service.Name, Samples.Line(claim.Key, Fate(service, port, claim.Key.Address.IsV4, isClusterIp)));
            });
    }

    private static IEnumerable<(FrontendKey Key, int Strength)> Keys(ServiceSpec service, ServicePort port)
    {
        foreach (var clusterIp in service.ClusterIps)
        {
            yield return (new(clusterIp, port.Port, port.Protocol), 0);
            foreach (var address in service.LoadBalancerIps.Where(address => address.IsV4 == clusterIp.IsV4))
            {
                yield return (new(address, port.Port, port.Protocol), 1);
            }

            foreach (var address in service.ExternalIps.Where(address => address.IsV4 == clusterIp.IsV4))
            {
                yield return (new(address, port.Port, port.Protocol), 2);
            }

            if (port.NodePort > 0)
            {
                yield return (new(clusterIp.IsV4 ? IpAddr.Parse("0.0.0.0") : IpAddr.Parse("::"), port.NodePort, port.Protocol), 0);
            }
        }
    }

    private Frontend Fate(ServiceSpec service, ServicePort port, bool isV4, bool isClusterIp)
    {
        var all = (
            from slice in slices
            where slice.Service == service.Name
            from subset in slice.Subsets
            from number in subset.Ports
            where (number.Name, number.Protocol) == (port.Name, port.Protocol)
            from endpoint in subset.Endpoints
            where endpoint.Address.IsV4 == isV4
            select (endpoint, number.Port)).ToList();
        var ready = all.Where(one => service.PublishNotReadyAddresses || (one.endpoint.Conditions & EndpointConditions.Ready) != 0).ToList();
        var leaving = all.Where(one => (one.endpoint.Conditions & Samples.Leaving) == Samples.Leaving).ToList();
        var isLocal = isClusterIp && service.Internal == TrafficPolicy.Local;
        var chosen = ready;
        if (isLocal)
        {
            chosen = ready.Where(one => one.endpoint.Node == node.Name).ToList();
            chosen = chosen.Count > 0 ? chosen : leaving.Where(one => one.endpoint.Node == node.Name).ToList();
        }
        else if (node.Zone is { } zone && ready.All(one => one.endpoint.Zones.Length > 0) && ready.Exists(one => one.endpoint.Zones.Contains(zone)))
        {
            chosen = ready.Where(one => one.endpoint.Zones.Contains(zone)).ToList();
        }
        else if (ready.Count == 0)
        {
            chosen = leaving;
        }

        var action = chosen.Count > 0 ? FrontendAction.Balance : ready.Count + leaving.Count > 0 ? FrontendAction.Drop : FrontendAction.Reject;
        return new(action, service.Affinity, [.. chosen.Select(one => new Backend(one.endpoint.Address, one.Port)).Distinct().Order()]);
    }
}
