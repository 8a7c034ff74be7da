using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Core.Services;

/// <summary>Services and endpoints written shortly.</summary>
internal static class Samples
{
    public const EndpointConditions Ready = EndpointConditions.Ready | EndpointConditions.Serving;
    public const EndpointConditions Leaving = EndpointConditions.Serving | EndpointConditions.Terminating;

    public static readonly NodePlace Here = new("here", "east");

    public static readonly ServicePort Http = new("http", TransportProtocol.Tcp, 80, 0);

    private static readonly DateTimeOffset Epoch = new(2020, 12, 8, 0, 0, 0, TimeSpan.Zero);

    public static NamespacedName Name(string name) => new("shop", name);

    public static ImmutableArray<IpAddr> Ips(params string[] texts) => [.. texts.Select(IpAddr.Parse)];

    public static ServiceSpec Service(string name, string clusterIp, params ServicePort[] ports) =>
        new(Name(name), Epoch, Ips(clusterIp), [], [], ports.Length > 0 ? [.. ports] : [Http]);

    public static ServiceSpec CreatedAt(this ServiceSpec service, int second) => service with { Created = Epoch.AddSeconds(second) };

    public static ServiceEndpoint At(string address, string? node = "there", EndpointConditions conditions = Ready, params string[] zones) =>
        new(IpAddr.Parse(address), node, conditions, [.. zones]);

    public static ServiceEndpoints Slice(string name, string service, params ServiceEndpoint[] endpoints) =>
        Slice(name, service, [new("http", TransportProtocol.Tcp, 8080)], endpoints);

    public static ServiceEndpoints Slice(string name, string service, EndpointPort[] ports, params ServiceEndpoint[] endpoints) =>
        new(Name(name), Name(service), [new([.. ports], [.. endpoints])]);

    public static ServiceTable Table(ServiceSpec service, params ServiceEndpoints[] endpoints) => Table([service], endpoints);

    public static ServiceTable Table(ServiceSpec[] services, params ServiceEndpoints[] endpoints) => ServiceTable.Empty(Here).With(
        [.. services.Select(service => new ServiceChange.SetService(service)), .. endpoints.Select(some => new ServiceChange.SetEndpoints(some))]);

    /// <summary>A line a frontend: <c>tcp 10.96.0.1:80 -> 10.1.0.2:8080</c>, or what else is done.</summary>
    public static string[] Lines(this ServiceTable table) => [.. table.Frontends.Select(frontend => Line(frontend.Key, frontend.Value))];

    public static string Line(FrontendKey key, Frontend frontend)
    {
        var fate = frontend.Action == FrontendAction.Balance
            ? string.Join(' ', frontend.Backends.Select(backend => $"{Host(backend.Address)}:{backend.Port}"))
            : frontend.Action.ToString().ToUpperInvariant();
        return $"{key.Protocol.ToString().ToUpperInvariant()} {Host(key.Address)}:{key.Port} -> {fate}";
    }

    private static string Host(IpAddr address) => address.IsV4 ? address.ToString() : $"[{address}]";
}
