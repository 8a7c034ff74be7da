using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Loop;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using static Netplugin.Tests.Support.ApiServers.FakeServices;

namespace Netplugin.Tests.Agent.Service;

/// <summary>From what an API server says to what is balanced.</summary>
public sealed class KubernetesServicesTests : IAsyncDisposable
{
    private readonly FakeServices _cluster = new();
    private readonly KubernetesClient _client;
    private readonly ProblemBoard _problems = new();
    private readonly KubernetesServices _services;
    private int _changes;

    public KubernetesServicesTests()
    {
        _client = _cluster.Client();
        _services = new KubernetesServices(_client, "node-1", [new("shop", "names")], () => Interlocked.Increment(ref _changes), _problems, NullLogger.Instance);
        _services.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_known_before_Services_endpoints_and_the_node_were_listed()
    {
        _cluster.List("services", ServiceOf("web", "10.96.0.1"));
        _services.Place("east");
        Assert.Null(_services.State);

        _cluster.List("endpointslices", Slice("web", "10.244.2.2"));
        await HoldsAsync("10.96.0.1:80 -> 10.244.2.2");
        Assert.Equal(1, _changes);
    }

    [Fact]
    public async Task A_cluster_without_Services_is_known_too()
    {
        _cluster.List("services");
        _cluster.List("endpointslices");
        _services.Place(null);
        await HoldsAsync();
    }

    [Fact]
    public async Task Changes_are_followed_and_told()
    {
        await BeginAsync(ServiceOf("web", "10.96.0.1"));
        await HoldsAsync("10.96.0.1:80 -> Reject");

        _cluster.Say("endpointslices", "ADDED", Slice("web", "10.244.2.2"));
        await HoldsAsync("10.96.0.1:80 -> 10.244.2.2");
        _cluster.Say("endpointslices", "ADDED", Slice("web", "10.244.3.2"));
        await HoldsAsync("10.96.0.1:80 -> 10.244.2.2 10.244.3.2");
        _cluster.Say("endpointslices", "DELETED", Slice("web", "10.244.2.2"));
        await HoldsAsync("10.96.0.1:80 -> 10.244.3.2");
        _cluster.Say("services", "ADDED", ServiceOf("shop", "10.96.0.2"));
        await HoldsAsync("10.96.0.1:80 -> 10.244.3.2", "10.96.0.2:80 -> Reject");
        _cluster.Say("services", "DELETED", ServiceOf("web", "10.96.0.1"));
        await HoldsAsync("10.96.0.2:80 -> Reject");
        Assert.Equal(6, _changes);
    }

    [Fact]
    public async Task The_ports_of_a_Service_that_all_may_use_are_followed()
    {
        await BeginAsync(ServiceOf("web", "10.96.0.1"), ServiceOf("names", "10.96.0.2"));
        Assert.Empty(_services.State!.Shared);

        _cluster.Say("endpointslices", "ADDED", Slice("web", "10.244.2.2"));
        _cluster.Say("endpointslices", "ADDED", Slice("names", "10.244.3.2"));
        await Eventually.HoldsAsync("the port", () => _services.State!.Shared.SetEquals([new(IpAddr.Parse("10.244.3.2"), 8080, TransportProtocol.Tcp)]));

        // One that gets no new connections may have some still: nothing that is balanced changes with it.
        _cluster.Say("endpointslices", "ADDED", Slice("names", "10.244.4.2").Replace("\"ready\":true", "\"ready\":false", StringComparison.Ordinal));
        await Eventually.HoldsAsync("the other port", () => _services.State!.Shared.Count == 2);
        _cluster.Say("services", "DELETED", ServiceOf("names", "10.96.0.2"));
        await Eventually.HoldsAsync("the port to be nobody's", () => _services.State!.Shared.IsEmpty);
    }

    [Fact]
    public async Task The_zone_decides_where_endpoints_have_hints()
    {
        _cluster.List("services", ServiceOf("web", "10.96.0.1"));
        _cluster.List("endpointslices", Slice("web", "10.244.2.2", "east"), Slice("web", "10.244.3.2", "west"));
        _services.Place("west");
        await HoldsAsync("10.96.0.1:80 -> 10.244.3.2");

        _services.Place(null);
        await HoldsAsync("10.96.0.1:80 -> 10.244.2.2 10.244.3.2");
    }

    [Fact]
    public async Task Services_that_claim_one_address_are_a_problem_until_they_do_not()
    {
        await BeginAsync(ServiceOf("web", "10.96.0.1"));
        _cluster.Say("services", "ADDED", ServiceOf("thief", "10.96.0.2", ",\"externalIPs\":[\"10.96.0.1\"]"));
        await Eventually.HoldsAsync("the problem", () => _problems.All is ["Service shop/thief does not get 10.96.0.1:80/TCP, which Service shop/web has: pods that use it reach that one"]);

        _cluster.Say("services", "MODIFIED", ServiceOf("thief", "10.96.0.2"));
        await Eventually.HoldsAsync("the problem to be gone", () => _problems.All.IsEmpty);
    }

    [Fact]
    public async Task A_few_conflicts_are_shown_and_the_others_counted()
    {
        await BeginAsync([.. Enumerable.Range(0, 8).Select(i => ServiceOf($"s{i}", $"10.96.0.{i + 1}", ",\"externalIPs\":[\"198.51.100.1\"]"))]);

        await Eventually.HoldsAsync("the problems", () => _problems.All.Length == 6);
        Assert.Equal("2 more addresses and ports are claimed by several Services", _problems.All[^1]);
    }

    [Fact]
    public async Task A_lost_server_is_a_problem_and_what_was_known_stays()
    {
        await BeginAsync(ServiceOf("web", "10.96.0.1"));
        await HoldsAsync("10.96.0.1:80 -> Reject");

        await _cluster.DisposeAsync();
        await Eventually.HoldsAsync("the problems", () => _problems.All.Length == 2);
        Assert.All(_problems.All, problem => Assert.Contains("cannot be followed", problem, StringComparison.Ordinal));
        await HoldsAsync("10.96.0.1:80 -> Reject");
    }

    private async Task BeginAsync(params string[] services)
    {
        _cluster.List("services", services);
        _cluster.List("endpointslices");
        _services.Place(null);
        await Eventually.HoldsAsync("the Services to be known", () => _services.State is not null);
    }

    private Task HoldsAsync(params string[] lines) => Eventually.HoldsAsync(
        string.Join(", ", lines), () => _services.State!.Frontends.Select(f => $"{f.Key.Address}:{f.Key.Port} -> {Fate(f.Value)}").SequenceEqual(lines));

    private static string Fate(Frontend frontend) => frontend.Backends.IsEmpty
        ? frontend.Action.ToString()
        : string.Join(' ', frontend.Backends.Select(backend => backend.Port == 8080 ? backend.Address : IpAddr.Unspecified));
}
