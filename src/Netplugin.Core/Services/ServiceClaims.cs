using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Services;

/// <summary>
/// From one Service and its endpoints to its frontends, as kube-proxy treats what pods send (its <c>CategorizeEndpoints</c> and the short-circuit of
/// <c>externalTrafficPolicy: Local</c>): a pod that uses an external address, a load balancer's or a node port comes from inside the cluster, so all
/// endpoints serve it whatever that policy says.
/// </summary>
internal static class ServiceClaims
{
    /// <summary>The frontends, each once, in key order.</summary>
    public static ImmutableArray<ServiceClaim> Of(ServiceSpec service, IEnumerable<ServiceEndpoints> endpoints, NodePlace node)
    {
        var subsets = endpoints.SelectMany(some => some.Subsets).ToArray();
        var claims = new List<ServiceClaim>();
        foreach (var isV4 in service.ClusterIps.Select(address => address.IsV4).Distinct())
        {
            foreach (var port in service.Ports)
            {
                var candidates = Candidates(subsets, port, isV4, service.PublishNotReadyAddresses);
                var cluster = OfCluster(candidates, service.Affinity, node.Zone);
                var inside = service.Internal == TrafficPolicy.Local ? OfNode(candidates, service.Affinity, node.Name) : cluster;
                Claim(service.ClusterIps, port.Port, ClaimKind.Allocated, inside);
                Claim(service.LoadBalancerIps, port.Port, ClaimKind.LoadBalancer, cluster);
                Claim(service.ExternalIps, port.Port, ClaimKind.External, cluster);
                if (port.NodePort != 0)
                {
                    claims.Add(new(FrontendKey.OfEveryNode(isV4, port.NodePort, port.Protocol), ClaimKind.Allocated, cluster));
                }

                void Claim(ImmutableArray<IpAddr> addresses, ushort number, ClaimKind kind, Frontend frontend)
                {
                    foreach (var address in addresses)
                    {
                        // Nobody takes a port of every node by giving no address.
                        var key = new FrontendKey(address, number, port.Protocol);
                        if (address.IsV4 == isV4 && !key.IsOfEveryNode)
                        {
                            claims.Add(new(key, kind, frontend));
                        }
                    }
                }
            }
        }

        // A stable sort: of several claims to one frontend the strongest comes first.
        return [.. claims.OrderBy(claim => claim.Key).ThenBy(claim => claim.Kind).DistinctBy(claim => claim.Key)];
    }

    private static List<Candidate> Candidates(EndpointSubset[] subsets, ServicePort port, bool isV4, bool allReady)
    {
        var candidates = new List<Candidate>();
        foreach (var subset in subsets)
        {
            foreach (var (name, protocol, number) in subset.Ports)
            {
                if (name != port.Name || protocol != port.Protocol)
                {
                    continue;
                }

                foreach (var endpoint in subset.Endpoints)
                {
                    if (endpoint.Address.IsV4 == isV4)
                    {
                        var isReady = allReady || endpoint.Conditions.HasFlag(EndpointConditions.Ready);
                        candidates.Add(new(endpoint, number, isReady));
                    }
                }
            }
        }

        return candidates;
    }

    private static Frontend OfCluster(List<Candidate> candidates, TimeSpan affinity, string? zone)
    {
        var usesZone = UsesZone(candidates, zone);
        var backends = Backends(candidates, candidate => candidate.IsReady && (!usesZone || candidate.IsFor(zone)));

        // Hints do not count for those that are going away: better any than none.
        backends = backends.IsEmpty ? Backends(candidates, candidate => candidate.IsLastResort) : backends;
        return new(backends.IsEmpty ? FrontendAction.Reject : FrontendAction.Balance, affinity, backends);
    }

    private static Frontend OfNode(List<Candidate> candidates, TimeSpan affinity, string node)
    {
        var backends = Backends(candidates, candidate => candidate.IsReady && candidate.Endpoint.Node == node);
        backends = backends.IsEmpty ? Backends(candidates, candidate => candidate.IsLastResort && candidate.Endpoint.Node == node) : backends;
        var elsewhere = candidates.Exists(candidate => candidate.IsReady || candidate.IsLastResort);
        return new(!backends.IsEmpty ? FrontendAction.Balance : elsewhere ? FrontendAction.Drop : FrontendAction.Reject, affinity, backends);
    }

    // Hints are followed only when every ready endpoint has one, and one of them is for this zone.
    private static bool UsesZone(List<Candidate> candidates, string? zone)
    {
        if (zone is null)
        {
            return false;
        }

        var isAnyHere = false;
        foreach (var candidate in candidates)
        {
            if (candidate.IsReady)
            {
                if (candidate.Endpoint.Zones.IsDefaultOrEmpty)
                {
                    return false;
                }

                isAnyHere |= candidate.IsFor(zone);
            }
        }

        return isAnyHere;
    }

    // An endpoint that moves from one slice to another is in both for a while.
    private static ImmutableArray<Backend> Backends(List<Candidate> candidates, Func<Candidate, bool> isChosen)
    {
        var backends = new List<Backend>();
        foreach (var candidate in candidates)
        {
            if (isChosen(candidate))
            {
                backends.Add(new(candidate.Endpoint.Address, candidate.Port));
            }
        }

        backends.Sort();
        return [.. backends.Where((backend, i) => i == 0 || backend != backends[i - 1])];
    }

    private readonly record struct Candidate(ServiceEndpoint Endpoint, ushort Port, bool IsReady)
    {
        public bool IsLastResort =>
            Endpoint.Conditions.HasFlag(EndpointConditions.Serving | EndpointConditions.Terminating);

        public bool IsFor(string? zone) => !Endpoint.Zones.IsDefaultOrEmpty && Endpoint.Zones.Contains(zone!);
    }
}
