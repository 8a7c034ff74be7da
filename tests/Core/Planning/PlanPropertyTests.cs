using System.Collections.Immutable;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Policies;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What holds of every plan, on histories of random posts over a few names, so that they meet often.</summary>
public sealed class PlanPropertyTests
{
    /// <summary>About half of the random posts succeed, a sixth finds a container in several networks; this many see every mix.</summary>
    private const long Samples = 600;

    private static readonly Gen<EndpointIntent> EndpointGen = Gen.Select(Gen.Int[1, 6], Gen.Int[0, 4], Gen.Int[0, 20]).Select((container, host, address) =>
        new EndpointIntent(
            At($"c{container}"),
            host is 1 or 2 ? At($"host{host}") : null,
            host == 2 ? At("uuid") : null,
            address is > 0 and < 4 ? At(IpAddr.Parse($"10.9.{address}.{container}")) : null)
        {
            // Of the network's group, which may not be there.
            Group = host == 4 ? At("g") : null,
        });

    private static readonly Gen<NetworkIntent> NetworkGen = Gen.Select(Gen.Int[1, 4], Gen.Int[0, 9], EndpointGen.Array[0, 5]).Select((name, kind, endpoints) =>
        new NetworkIntent(
            At($"n{name}"),
            kind is 1 or 2 ? At(Encap.Vlan) : null,
            kind is 2 or 3 ? At((uint)(100 + name)) : null,
            kind is >= 3 and <= 6 ? At(IpPrefix.Parse($"10.9.{name}.0/29")) : null,
            kind is 5 ? At(IpAddr.Parse($"10.9.{name}.1")) : null,
            [.. endpoints.Select(e => e with { Group = e.Group is { } ? At($"g{name}") : null }).DistinctBy(e => e.Container.Value)])
        {
            Groups = kind is 9 ? [] : [new(At($"g{name}"), kind switch { 7 => [At("p")], 8 => [], _ => null })],
        });

    private static readonly Gen<RuleIntent> RuleGen = Gen.Select(Gen.Int[1, 4], Gen.Int[0, 3], Gen.Int[1, 2]).Select((name, kind, priority) => new RuleIntent(
        At($"r{name}"), PolicyDirection.Ingress, priority, kind == 1 ? At($"g{name}") : null, kind == 2 ? At($"n{name}") : null, null, IntentProtocol.Any, 0, kind == 3));

    private static readonly Gen<TenantIntent> TenantGen = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 5], NetworkGen.Array[0, 4], RuleGen.Array[0, 2]).Select((name, kind, networks, rules) =>
        new TenantIntent(
            At($"t{name}"),
            kind == 1 ? At(Encap.Vlan) : null,
            kind == 0 ? null : At(IpPrefix.Parse(kind == 2 ? "10.9.0.0/16" : "11.1.0.0/16")),
            kind == 3 ? At(29) : null,
            kind == 0 ? null : At<ImmutableArray<IdRange>>([new(100, 110)]),
            kind == 0 ? null : At<ImmutableArray<IdRange>>([new(100, 104), new(200, 210)]),
            [.. networks.DistinctBy(n => n.Name.Value)])
        {
            Policies = kind == 4 ? [] : [new(At("p"), kind == 5 ? null : [.. rules.DistinctBy(r => r.RuleId.Value)])],
        });

    private static readonly Gen<HostIntent> HostGen = Gen.Int[1, 4].Select(name =>
        new HostIntent(At($"host{name}"), At(IpAddr.Parse($"192.168.2.{name}")), null));

    private static readonly Gen<Intent> IntentGen = Gen.Select(HostGen.Array[0, 3], TenantGen.Array[0, 3]).Select((hosts, tenants) =>
        new Intent([.. hosts.DistinctBy(h => h.Name.Value)], [.. tenants.DistinctBy(t => t.Name.Value)]));

    private static readonly Gen<(PostMode Mode, Intent Intent)[]> Histories =
        Gen.Select(Gen.Enum<PostMode>(), IntentGen, (mode, intent) => (mode, intent)).Array[0, 6];

    [Fact]
    public void Every_state_keeps_the_promises_of_allocation()
    {
        Histories.Sample(history => AssertSound(After(history)), iter: Samples);
    }

    [Fact]
    public void The_changes_are_what_leads_to_the_state_after()
    {
        Gen.Select(Histories, Gen.Enum<PostMode>(), IntentGen).Sample((history, mode, intent) =>
        {
            var before = After(history);
            if (Planner.Plan(before, intent, mode).Plan is not { } plan)
            {
                return;
            }

            var (state, homes) = plan.Changes.Aggregate((before, Homes(before)), States.Apply);
            Assert.Equal(plan.After.Show(), state.Show());
            Assert.Equal(
                Homes(plan.After).OrderBy(h => h.ToString(), StringComparer.Ordinal),
                homes.OrderBy(h => h.ToString(), StringComparer.Ordinal));
            Assert.Empty(StateDiff.Compute(plan.After with { Post = new(0) }, state with { Post = new(0) }));
            Assert.Equal(plan.After.Post.Number, before.Post.Number + (plan.Changes.IsEmpty ? 0 : 1));
        }, iter: Samples);
    }

    [Fact]
    public void Planning_twice_gives_the_same_and_posting_twice_changes_nothing()
    {
        Gen.Select(Histories, Gen.Enum<PostMode>(), IntentGen).Sample((history, mode, intent) =>
        {
            var before = After(history);
            var first = Planner.Plan(before, intent, mode);
            var second = Planner.Plan(before, intent, mode);
            Assert.Equal(first.Errors, second.Errors);
            Assert.Equal(first.Plan?.Changes.AsEnumerable(), second.Plan?.Changes.AsEnumerable());
            if (first.Plan is { } plan && mode != PostMode.Delete)
            {
                Assert.Empty(States.Succeeded(Planner.Plan(plan.After, intent, mode)).Changes);
            }
        }, iter: Samples);
    }

    [Fact]
    public void A_whole_intent_leaves_exactly_what_it_names()
    {
        Gen.Select(Histories, IntentGen).Sample((history, intent) =>
        {
            if (Planner.Plan(After(history), intent, PostMode.Replace).Plan is not { } plan)
            {
                return;
            }

            var after = plan.After;
            Assert.Equal(intent.Hosts.Select(h => h.Name.Value).Order(StringComparer.Ordinal), after.Hosts.Keys);
            Assert.Equal(intent.Tenants.Select(t => t.Name.Value).Order(StringComparer.Ordinal), after.Tenants.Keys);
            Assert.Equal(intent.AllNetworks().Select(n => n.Id).Order(), after.Networks.Keys);
            Assert.Equal(intent.AllNetworks().Sum(n => n.Endpoints.Length), after.Endpoints.Count);
            Assert.Equal(
                intent.AllNetworks().SelectMany(n => n.Network.Groups.Select(g => new GroupId(n.Id, g.Name.Value))).Order(), after.Groups.Values.Select(g => g.Id).Order());
            Assert.Equal(intent.Tenants.SelectMany(t => t.Policies.Select(p => new TenantedName(t.Name.Value, p.Name.Value))).Order(), after.Policies.Keys);
            foreach (var (id, network, endpoints) in intent.AllNetworks())
            {
                var record = after.Networks[id];
                Assert.Equal(network.Tag?.Value ?? record.Tag, record.Tag);
                Assert.Equal(network.Subnet?.Value ?? record.Subnet, record.Subnet);
                Assert.Equal(network.Encap?.Value ?? record.Encap, record.Encap);
                Assert.Equal(network.Gateway?.Value ?? IpAddr.Unspecified, record.Gateway);
                foreach (var endpoint in endpoints)
                {
                    var there = after.Endpoints[new(id, endpoint.Container.Value)];
                    Assert.Equal(endpoint.Address?.Value ?? there.Address, there.Address);
                    Assert.Equal(endpoint.Host?.Value ?? there.Host, there.Host);
                    Assert.Equal(endpoint.Group?.Value ?? "", there.Group);
                }
            }
        }, iter: Samples);
    }

    [Fact]
    public void What_stays_keeps_its_tag_subnet_address_and_binding()
    {
        Gen.Select(Histories, Gen.Enum<PostMode>(), IntentGen).Sample((history, mode, intent) =>
        {
            var before = After(history);
            before = before with { Endpoints = before.Endpoints.ToImmutableDictionary(e => e.Key, e => e.Value with { Binding = new("h", e.Key.Container, "eth0") }) };
            if (Planner.Plan(before, intent, mode).Plan is not { } plan)
            {
                return;
            }

            foreach (var (id, old) in before.Networks.Where(n => plan.After.Networks.ContainsKey(n.Key)))
            {
                Assert.Equal(old with { Gateway = default }, plan.After.Networks[id] with { Gateway = default });
            }

            foreach (var (id, old) in before.Endpoints.Where(e => plan.After.Endpoints.ContainsKey(e.Key)))
            {
                Assert.Equal(
                    old with { Host = "", AttachUuid = "", PostedGroup = "" }, plan.After.Endpoints[id] with { Host = "", AttachUuid = "", PostedGroup = "" });
            }
        }, iter: Samples);
    }

    [Fact]
    public void Adding_new_tenants_and_deleting_them_returns_to_the_start()
    {
        Gen.Select(Histories, IntentGen).Sample((history, intent) =>
        {
            var start = After(history);
            var fresh = new Intent([], [.. intent.Tenants.Where(t => !start.Tenants.ContainsKey(t.Name.Value))]);
            if (Planner.Plan(start, fresh, PostMode.Add).Plan is { } added)
            {
                var bare = fresh with { Tenants = [.. fresh.Tenants.Select(t => t with { Networks = [], Policies = [] })] };
                var removed = States.Succeeded(Planner.Plan(added.After, bare, PostMode.Delete)).After;
                Assert.Empty(StateDiff.Compute(start, removed with { Post = start.Post }));
            }
        }, iter: Samples);
    }

    [Fact]
    public void What_is_written_as_an_intent_gives_the_same_networks_and_endpoints()
    {
        Gen.Select(Histories, IntentGen).Sample((history, intent) =>
        {
            if (Planner.Plan(After(history), intent, PostMode.Replace).Plan is not { After: var state })
            {
                return;
            }

            var written = IntentReader.Read(IntentWriter.Write(state));
            Assert.Empty(written.Errors);
            Assert.Equal(state.Show(), States.Succeeded(Planner.Plan(ClusterState.Empty, written.Value!, PostMode.Replace)).After.Show());
            Assert.Empty(States.Succeeded(Planner.Plan(state, written.Value!, PostMode.Replace)).Changes);
        }, iter: Samples);
    }

    private static Located<T> At<T>(T value) => new(value, TextPosition.Start);

    private static ClusterState After((PostMode Mode, Intent Intent)[] history) => history.Aggregate(
        ClusterState.Empty, (state, post) => Planner.Plan(state, post.Intent, post.Mode).Plan?.After ?? state);

    private static ImmutableDictionary<(string, EndpointId), string> Homes(ClusterState state) =>
        state.Endpoints.Values.Where(e => e.Host.Length > 0).ToImmutableDictionary(e => (e.Host, e.Id), e => e.AttachUuid);

    private static void AssertSound(ClusterState state)
    {
        Assert.Equal(state.Networks.Count, state.Networks.Values.Select(n => n.DatapathId).Distinct().Count());
        foreach (var (id, network) in state.Networks)
        {
            Assert.True(state.Tenants.ContainsKey(id.Tenant));
            Assert.DoesNotContain(state.Networks.Values, other => other.Id != id && other.Id.Tenant == id.Tenant && other.Subnet.Overlaps(network.Subnet));
            Assert.InRange(network.Tag, 1u, network.Encap == Encap.Vlan ? IdRanges.LastVlan : Vni.MaxValue);
        }

        foreach (var inNetwork in state.Endpoints.Values.GroupBy(e => e.Id.Network))
        {
            var network = state.Networks[inNetwork.Key];
            Assert.Equal(inNetwork.Count(), inNetwork.Select(e => e.Address).Distinct().Count());
            foreach (var endpoint in inNetwork)
            {
                Assert.True(network.Subnet.Contains(endpoint.Address));
                Assert.NotEqual(network.Gateway, endpoint.Address);
                Assert.NotEqual(network.Subnet.First, endpoint.Address);
                Assert.NotEqual(network.Subnet.Last, endpoint.Address);
                Assert.Equal(MacAddress.ForEndpoint(endpoint.Address), endpoint.Mac);
            }
        }

        // No reference leads nowhere.
        var groups = state.Groups.Values.Select(group => group.Id).ToHashSet();
        Assert.All(groups, group => Assert.True(state.Networks.ContainsKey(group.Network)));
        Assert.All(state.Endpoints.Values.Where(e => e.Group.Length > 0), e => Assert.Contains(new GroupId(e.Id.Network, e.Group), groups));
        Assert.All(state.Groups.Values.SelectMany(group => group.Policies.Select(policy => new TenantedName(group.Id.Network.Tenant, policy))), policy => Assert.True(state.Policies.ContainsKey(policy)));
        foreach (var (name, policy) in state.Policies)
        {
            Assert.True(state.Tenants.ContainsKey(name.Tenant));
            Assert.All(policy.Rules.Select(rule => rule.Peer.Group).OfType<GroupId>(), group => Assert.Contains(group, groups));
            Assert.All(policy.Rules.Select(rule => rule.Peer.Network).OfType<NetworkId>(), network => Assert.True(state.Networks.ContainsKey(network)));
        }

        Assert.Equal(
            state.Endpoints.Keys.Select(id => $"{id.Container} {id.Network}").Order(StringComparer.Ordinal),
            state.Containers.Values.SelectMany(c => c.Endpoints.Select(n => $"{c.Container} {n}")).Order(StringComparer.Ordinal));
    }
}
