using System.Collections.Immutable;
using System.Diagnostics;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using static Netplugin.Tests.Core.Services.Samples;

namespace Netplugin.Tests.Core.Services;

/// <summary>What holds of any table, however it came about.</summary>
public sealed class ServiceTableTests
{
    // Few names and addresses, so that they meet: the same Service twice, slices that change hands, addresses claimed by several.
    private static readonly Gen<string> ServiceNames = Gen.OneOf("a", "b", "c");

    private static readonly Gen<ServiceSpec> Services =
        from name in ServiceNames
        from second in Gen.Int[0, 2]
        from isDual in Gen.Bool
        from external in Gen.OneOf("198.51.100.1", "10.96.0.1", "203.0.113.1").Array[0, 2]
        from balancer in Gen.OneOf("203.0.113.1", "2001:db8::1").Array[0, 2]
        from nodePort in Gen.OneOf<ushort>(0, 30001, 30002)
        from hasSecondPort in Gen.Bool
        from policy in Gen.OneOf(TrafficPolicy.Cluster, TrafficPolicy.Local)
        from affinity in Gen.Int[0, 1]
        from all in Gen.Bool
        select new ServiceSpec(
            Name(name),
            DateTimeOffset.UnixEpoch.AddSeconds(second),
            isDual ? Ips($"10.96.0.{name[0] - '`'}", $"fd00:96::{name}") : Ips($"10.96.0.{name[0] - '`'}"),
            Ips(external),
            Ips(balancer),
            hasSecondPort ? [Http with { NodePort = nodePort }, new("dns", TransportProtocol.Udp, 53, 0)] : [Http with { NodePort = nodePort }],
            TimeSpan.FromSeconds(affinity),
            policy,
            all);

    private static readonly Gen<ServiceEndpoint> Endpoints =
        from address in Gen.OneOf("10.1.0.1", "10.1.0.2", "10.1.1.1", "fd00:1::1", "fd00:1::2")
        from node in Gen.OneOf("here", "there", null)
        from conditions in Gen.Int[0, 7]
        from zones in Gen.OneOf("east", "west").Array[0, 2]
        select new ServiceEndpoint(IpAddr.Parse(address), node, (EndpointConditions)conditions, [.. zones]);

    private static readonly EndpointPort[] Ports =
        [new("http", TransportProtocol.Tcp, 8080), new("http", TransportProtocol.Tcp, 8081), new("dns", TransportProtocol.Udp, 5353)];

    private static readonly Gen<ServiceEndpoints> Slices =
        from number in Gen.Int[1, 4]
        from service in ServiceNames
        from ports in Gen.OneOf(Ports).Array[0, 2]
        from endpoints in Endpoints.Array[0, 4]
        select Slice($"s{number}", service, ports, endpoints);

    private static readonly Gen<ServiceChange> Changes = Gen.Frequency(
        (4, Services.Select(service => (ServiceChange)new ServiceChange.SetService(service))),
        (1, ServiceNames.Select(name => (ServiceChange)new ServiceChange.RemoveService(Name(name)))),
        (1, Services.Array[0, 3].Select(some => (ServiceChange)new ServiceChange.SetAllServices([.. some.DistinctBy(s => s.Name)]))),
        (6, Slices.Select(slice => (ServiceChange)new ServiceChange.SetEndpoints(slice))),
        (1, Gen.Int[1, 4].Select(number => (ServiceChange)new ServiceChange.RemoveEndpoints(Name($"s{number}")))),
        (1, Slices.Array[0, 3].Select(some => (ServiceChange)new ServiceChange.SetAllEndpoints([.. some.DistinctBy(s => s.Name)]))));

    [Fact]
    public void The_ports_of_some_Services_are_those_of_all_their_endpoints_however_these_are()
    {
        var table = Table(
            [Service("names", "10.96.0.10"), Service("web", "10.96.0.1")],
            Slice("names-1", "names", [new("dns", TransportProtocol.Udp, 5353), new("http", TransportProtocol.Tcp, 8080)], At("10.1.0.1"), At("10.1.0.2", conditions: EndpointConditions.None)),
            Slice("names-2", "names", At("fd00:1::1", conditions: Leaving)),
            Slice("web-1", "web", At("10.1.0.9")),
            Slice("gone-1", "gone", At("10.1.0.8")));

        FrontendKey[] names =
        [
            new(IpAddr.Parse("10.1.0.1"), 5353, TransportProtocol.Udp), new(IpAddr.Parse("10.1.0.1"), 8080, TransportProtocol.Tcp),
            new(IpAddr.Parse("10.1.0.2"), 5353, TransportProtocol.Udp), new(IpAddr.Parse("10.1.0.2"), 8080, TransportProtocol.Tcp),
            new(IpAddr.Parse("fd00:1::1"), 8080, TransportProtocol.Tcp),
        ];
        Assert.Equal(names.Order(), table.PortsOf([Name("names"), Name("gone"), Name("never")]).Order());
        Assert.Empty(table.PortsOf([]));
        Assert.Empty(table.With([new ServiceChange.RemoveService(Name("names"))]).PortsOf([Name("names")]));
        Assert.Equal(names[..4], table.With([new ServiceChange.RemoveEndpoints(Name("names-2"))]).PortsOf([Name("names")]).Order());
    }

    [Fact]
    public void Only_what_is_there_in_the_end_matters_not_how_it_came_about()
    {
        Gen.Select(Changes.Array[0, 20], Gen.Int[0, 20], Gen.Int).Sample((changes, split, seed) =>
        {
            var stepwise = changes.Aggregate(ServiceTable.Empty(Here), (table, change) => table.With([change]));
            var halves = ServiceTable.Empty(Here).With(changes.Take(split)).With(changes.Skip(split));
            var last = Final(changes).ToArray();
            new Random(seed).Shuffle(last);
            var shuffled = ServiceTable.Empty(Here).With(last);

            AssertSame(stepwise, halves);
            AssertSame(stepwise, shuffled);
        });
    }

    [Fact]
    public void The_table_is_what_the_rules_say_one_frontend_at_a_time()
    {
        Gen.Select(Changes.Array[0, 20], Gen.OneOf("east", "west", "north", null)).Sample((changes, zone) =>
        {
            var last = Final(changes).ToArray();
            var model = new ServiceModel(
                [.. last.OfType<ServiceChange.SetService>().Select(set => set.Service)],
                [.. last.OfType<ServiceChange.SetEndpoints>().Select(set => set.Endpoints)],
                Here with { Zone = zone });
            var table = ServiceTable.Empty(Here).With(changes).At(Here with { Zone = zone });

            Assert.Equal(model.Lines(), table.Frontends.ToDictionary(f => f.Key, f => (table.Owners[f.Key], Line(f.Key, f.Value))));
        });
    }

    [Fact]
    public void A_backend_is_an_endpoint_of_the_Service_and_a_balanced_frontend_has_one()
    {
        Changes.Array[0, 20].Sample(changes =>
        {
            var slices = Final(changes).OfType<ServiceChange.SetEndpoints>().Select(set => set.Endpoints).ToLookup(slice => slice.Service);
            var table = ServiceTable.Empty(Here).With(changes);
            foreach (var (key, frontend) in table.Frontends)
            {
                var addresses = slices[table.Owners[key]].SelectMany(slice => slice.Subsets).SelectMany(subset => subset.Endpoints).Select(e => e.Address).ToHashSet();
                Assert.Equal(frontend.Action == FrontendAction.Balance, !frontend.Backends.IsEmpty);
                Assert.All(frontend.Backends, backend => Assert.Contains(backend.Address, addresses));
                Assert.All(frontend.Backends, backend => Assert.Equal(key.Address.IsV4, backend.Address.IsV4));
                Assert.Equal(frontend.Backends.Order().Distinct(), frontend.Backends);
            }
        });
    }

    [Fact]
    public void The_difference_of_two_tables_turns_one_into_the_other()
    {
        Gen.Select(Changes.Array[0, 15], Changes.Array[0, 15]).Sample((first, second) =>
        {
            var observed = ServiceTable.Empty(Here).With(first);
            var wanted = observed.With(second);
            var changes = Difference(wanted.Frontends, observed.Frontends);

            Assert.Equal(wanted.Frontends, changes.Aggregate(observed.Frontends, Apply));
            Assert.Equal(changes.Length, changes.Distinct().Count());
            Assert.All(changes, change => Assert.NotEqual(Apply(observed.Frontends, change), observed.Frontends));
            Assert.Empty(Difference(wanted.Frontends, ServiceTable.Empty(Here).With(first).With(second).Frontends));
        });
    }

    [Fact]
    public void Writes_come_before_removals_and_each_in_key_order()
    {
        var observed = Table([Service("a", "10.96.0.1"), Service("b", "10.96.0.2")]);
        var wanted = Table([Service("d", "10.96.0.4"), Service("c", "10.96.0.3")]);

        Assert.Equal(
            ["set 10.96.0.3", "set 10.96.0.4", "remove 10.96.0.1", "remove 10.96.0.2"],
            Difference(wanted.Frontends, observed.Frontends).Select(change => change switch
            {
                DatapathChange.SetFrontend set => $"set {set.Key.Address}",
                DatapathChange.RemoveFrontend remove => $"remove {remove.Key.Address}",
                _ => "?",
            }));
    }

    [Fact]
    public void One_slice_among_a_thousand_Services_of_250_endpoints_recomputes_its_Service_alone()
    {
        var services = Enumerable.Range(0, 1000).Select(i =>
            Service($"s{i}", $"10.96.{i / 250}.{i % 250}", Http with { NodePort = (ushort)(30000 + i) }) with { ExternalIps = Ips($"198.51.{i / 250}.{i % 250}") });
        var slices = Enumerable.Range(0, 1000).SelectMany(i => Enumerable.Range(0, 3).Select(part => Big(i, part, 8080)));
        var warm = Table([.. services.Take(10)], [.. slices.Take(30)]);
        Difference(warm.With([new ServiceChange.SetEndpoints(Big(5, 1, 9090))]).Frontends, warm.Frontends);
        var clock = Stopwatch.StartNew();
        var table = Table([.. services], [.. slices]);
        TestContext.Current.TestOutputHelper?.WriteLine($"a whole table: {clock.ElapsedMilliseconds} ms");

        clock.Restart();
        var changed = table.With([new ServiceChange.SetEndpoints(Big(500, 1, 9090))]);
        var changes = Difference(changed.Frontends, table.Frontends);
        var elapsed = clock.Elapsed;
        TestContext.Current.TestOutputHelper?.WriteLine($"one slice: {elapsed.TotalMilliseconds} ms");

        Assert.Equal(3000, table.Frontends.Count);
        Assert.Equal(3, changes.Length);
        Assert.All(table.Frontends.Values, frontend => Assert.Equal(250, frontend.Backends.Length));
        Assert.Equal(2997, changed.Frontends.Count(frontend => ReferenceEquals(frontend.Value, table.Frontends[frontend.Key])));
        // Some milliseconds on an idle machine; the margin is for a busy one.
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    private static ImmutableArray<DatapathChange> Difference(
        PackedDictionary<FrontendKey, Frontend> wanted, PackedDictionary<FrontendKey, Frontend> observed) =>
        DatapathDiff.Compute(DatapathState.Empty with { Frontends = wanted }, DatapathState.Empty with { Frontends = observed });

    private static ServiceEndpoints Big(int service, int part, ushort port) => Slice(
        $"s{service}-{part}",
        $"s{service}",
        [new("http", TransportProtocol.Tcp, port)],
        [.. Enumerable.Range(part * 84, part == 2 ? 82 : 84).Select(i => new ServiceEndpoint(IpAddr.FromV4((uint)(0x0a_00_00_00 + service * 256 + i)), "there", Ready, []))]);

    // What is there after changes: a Service or slice each, as it was last set.
    private static IEnumerable<ServiceChange> Final(IEnumerable<ServiceChange> changes)
    {
        var services = new Dictionary<NamespacedName, ServiceSpec>();
        var endpoints = new Dictionary<NamespacedName, ServiceEndpoints>();
        foreach (var change in changes)
        {
            switch (change)
            {
                case ServiceChange.SetService set:
                    services[set.Service.Name] = set.Service;
                    break;
                case ServiceChange.RemoveService remove:
                    services.Remove(remove.Name);
                    break;
                case ServiceChange.SetAllServices all:
                    services = all.Services.ToDictionary(service => service.Name);
                    break;
                case ServiceChange.SetEndpoints set:
                    endpoints[set.Endpoints.Name] = set.Endpoints;
                    break;
                case ServiceChange.RemoveEndpoints remove:
                    endpoints.Remove(remove.Name);
                    break;
                case ServiceChange.SetAllEndpoints all:
                    endpoints = all.Endpoints.ToDictionary(some => some.Name);
                    break;
            }
        }

        return [.. services.Values.Select(service => new ServiceChange.SetService(service)), .. endpoints.Values.Select(some => new ServiceChange.SetEndpoints(some))];
    }

    private static PackedDictionary<FrontendKey, Frontend> Apply(PackedDictionary<FrontendKey, Frontend> frontends, DatapathChange change) => change switch
    {
        DatapathChange.SetFrontend set => frontends.With([new(set.Key, set.Frontend)]),
        DatapathChange.RemoveFrontend remove => frontends.With([new(remove.Key)]),
        _ => throw new InvalidOperationException($"unknown change {change}"),
    };

    private static void AssertSame(ServiceTable expected, ServiceTable actual)
    {
        Assert.Equal(expected.Lines(), actual.Lines());
        Assert.Equal(expected.Frontends, actual.Frontends);
        Assert.Equal(expected.Owners, actual.Owners);
        Assert.Equal(expected.Conflicts, actual.Conflicts);
    }
}
