using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Objects;

/// <summary>
/// From the API server's Services, EndpointSlices and Endpoints to what Core balances. What is null is none of the balancer's: headless Services,
/// names outside the cluster. A port or an address that is none is left out, as kube-proxy does.
/// </summary>
internal static class ServiceMapping
{
    // A slice's label that names its Service (Kubernetes documentation, "EndpointSlices", ownership).
    private const string ServiceLabel = "kubernetes.io/service-name";

    // What the API server fills in (core/v1 DefaultClientIPServiceAffinitySeconds).
    private const int DefaultAffinitySeconds = 10800;

    public static ServiceSpec? Service(ServiceDocument service)
    {
        var name = ObjectMapping.NameOf(service.Metadata);
        var spec = service.Spec;
        var clusterIps = ObjectMapping.Addresses((IEnumerable<string?>?)spec?.ClusterIPs ?? [spec?.ClusterIP]);
        if (spec is null || spec.Type == "ExternalName" || clusterIps.IsEmpty)
        {
            return null;
        }

        return new(
            name,
            service.Metadata!.CreationTimestamp ?? DateTimeOffset.UnixEpoch,
            clusterIps,
            ObjectMapping.Addresses(spec.ExternalIPs ?? []),

            // A balancer of mode Proxy wants to see the packets itself.
            ObjectMapping.Addresses((service.Status?.LoadBalancer?.Ingress ?? []).Where(one => one?.IpMode != "Proxy").Select(one => one?.Ip)),
            [
                .. from port in spec.Ports ?? []
                   where port is not null && IsPort(port.Port)
                   let protocol = Protocol(port.Protocol)
                   where protocol != TransportProtocol.None
                   select new ServicePort(port.Name ?? "", protocol, (ushort)port.Port, IsPort(port.NodePort) ? (ushort)port.NodePort : (ushort)0),
            ],
            spec.SessionAffinity == "ClientIP"
                ? TimeSpan.FromSeconds(Math.Max(0, spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? DefaultAffinitySeconds))
                : TimeSpan.Zero,
            spec.InternalTrafficPolicy == "Local" ? TrafficPolicy.Local : TrafficPolicy.Cluster,
            spec.PublishNotReadyAddresses);
    }

    public static ServiceEndpoints? Endpoints(EndpointSliceDocument slice)
    {
        var name = ObjectMapping.NameOf(slice.Metadata);
        if (slice.AddressType == "FQDN" || slice.Metadata!.Labels?[ServiceLabel] is not { Length: > 0 } service)
        {
            return null;
        }

        var endpoints = ImmutableArray.CreateBuilder<ServiceEndpoint>(slice.Endpoints?.Length ?? 0);
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            // The addresses of one endpoint are as good as each other; kube-proxy too takes the first.
            if (endpoint?.Addresses is [var text, ..] && IpAddr.TryParse(text, out var address))
            {
                endpoints.Add(new(
                    address,
                    endpoint.NodeName ?? endpoint.Topology?.Hostname,
                    Conditions(endpoint.Conditions),
                    endpoint.Hints?.ForZones is { Length: > 0 } zones ? [.. zones.Select(zone => zone?.Name).OfType<string>()] : []));
            }
        }

        return new(name, new(name.Namespace, service), [new(Ports(slice.Ports), endpoints.DrainToImmutable())]);
    }

    public static ServiceEndpoints? Endpoints(EndpointsDocument endpoints)
    {
        var name = ObjectMapping.NameOf(endpoints.Metadata);
        return new(
            name,
            name,
            [
                .. from subset in endpoints.Subsets ?? []
                   where subset is not null
                   select new EndpointSubset(
                       Ports(subset.Ports),
                       [
                           .. Addresses(subset.Addresses, EndpointConditions.Ready | EndpointConditions.Serving),
                           .. Addresses(subset.NotReadyAddresses, EndpointConditions.None),
                       ]),
            ]);
    }

    private static IEnumerable<ServiceEndpoint> Addresses(EndpointAddressDocument[]? addresses, EndpointConditions conditions)
    {
        foreach (var one in addresses ?? [])
        {
            if (IpAddr.TryParse(one?.Ip, out var address))
            {
                yield return new(address, one!.NodeName, conditions, []);
            }
        }
    }

    // What is not said: ready unless denied, serving when ready, not terminating (discovery/v1, EndpointConditions).
    private static EndpointConditions Conditions(ConditionsDocument? said)
    {
        var isReady = said?.Ready ?? true;
        return (isReady ? EndpointConditions.Ready : EndpointConditions.None)
            | (said?.Serving ?? isReady ? EndpointConditions.Serving : EndpointConditions.None)
            | (said?.Terminating ?? false ? EndpointConditions.Terminating : EndpointConditions.None);
    }

    private static ImmutableArray<EndpointPort> Ports(EndpointPortDocument[]? ports) =>
    [
        .. from port in ports ?? []
           where port?.Port is { } number && IsPort(number)
           let protocol = Protocol(port.Protocol)
           where protocol != TransportProtocol.None
           select new EndpointPort(port.Name ?? "", protocol, (ushort)port.Port!.Value),
    ];

    public static bool IsPort(int number) => number is > 0 and <= ushort.MaxValue;

    public static TransportProtocol Protocol(string? text) => text switch
    {
        null or "TCP" => TransportProtocol.Tcp,
        "UDP" => TransportProtocol.Udp,
        "SCTP" => TransportProtocol.Sctp,
        _ => TransportProtocol.None,
    };
}
