using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Services;

/// <summary>Some endpoints of a Service: one EndpointSlice, or all that an Endpoints object has.</summary>
/// <param name="Name">The object's own namespace and name.</param>
/// <param name="Service">Whose endpoints they are.</param>
/// <param name="Subsets">One for a slice; as many as an Endpoints object has.</param>
public sealed record ServiceEndpoints(NamespacedName Name, NamespacedName Service, ImmutableArray<EndpointSubset> Subsets);

/// <summary>Endpoints that have the same ports.</summary>
/// <param name="Ports">The ports of each.</param>
/// <param name="Endpoints">The endpoints.</param>
public sealed record EndpointSubset(ImmutableArray<EndpointPort> Ports, ImmutableArray<ServiceEndpoint> Endpoints);

/// <summary>A port of endpoints; it serves the Service's port of the same name and protocol.</summary>
/// <param name="Name">The port's name.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Port">The number at the endpoint.</param>
public readonly record struct EndpointPort(string Name, TransportProtocol Protocol, ushort Port);

/// <summary>One endpoint. There are many: 40 bytes each.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Node">The node it runs on; null: not said, and never local.</param>
/// <param name="Conditions">How it is.</param>
/// <param name="Zones">The zones it should serve, as topology-aware routing hints say; empty or default: no hint.</param>
public readonly record struct ServiceEndpoint(IpAddr Address, string? Node, EndpointConditions Conditions, ImmutableArray<string> Zones);

/// <summary>How an endpoint is (EndpointSlice's <c>conditions</c>).</summary>
[Flags]
public enum EndpointConditions : byte
{
    /// <summary>It serves nobody.</summary>
    None = 0,

    /// <summary>It should get connections.</summary>
    Ready = 1,

    /// <summary>It answers, ready or terminating.</summary>
    Serving = 2,

    /// <summary>It is going away.</summary>
    Terminating = 4,
}
