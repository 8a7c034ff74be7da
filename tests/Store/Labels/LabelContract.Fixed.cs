using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Labels;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Labels;

/// <summary>Endpoints that ask for an address, or for an Ethernet address.</summary>
public abstract partial class LabelContract
{
    private static readonly MacAddress Mac = MacAddress.Parse("0a:00:00:00:00:01");

    [Fact]
    public async Task An_address_that_is_asked_for_is_leased_by_itself_and_no_other_pod_gets_it_while_there_are_others()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        Assert.Equal("10.1.0.200", await FixedAsync(node, "host1", "db", content, "10.1.0.200"));
        Assert.Equal(["host1 10.1.0.200/32"], await LeasesAsync());
        await node.RemoveAsync(new(Net, "ns.db"), Bound("host1", "db"), Cancel);

        // Its pod may come again: the node's others are given addresses of a block of theirs.
        for (var i = 1; i <= 9; i++)
        {
            Assert.NotEqual("10.1.0.200", await AddAsync(node, "host1", $"p{i}", content));
        }

        Assert.Equal("10.1.0.200", await FixedAsync(node, "host1", "db", content, "10.1.0.200"));
        await AssertSoundAsync(endpoints: 10);
    }

    [Fact]
    public async Task In_a_full_network_what_is_leased_by_itself_is_given_too()
    {
        var content = await PostAsync("10.1.0.0/30");
        var node = new LabelledEndpoints(Store, "host1");
        await FixedAsync(node, "host1", "db", content, "10.1.0.2");
        await node.RemoveAsync(new(Net, "ns.db"), Bound("host1", "db"), Cancel);
        Assert.Equal("10.1.0.1", await AddAsync(node, "host1", "p1", content));
        Assert.Equal("10.1.0.2", await AddAsync(node, "host1", "p2", content));
        Assert.Equal(LabelRefusalReason.Exhausted, await RefusalAsync(node, "host1", "p3", content));
    }

    [Fact]
    public async Task An_address_of_the_nodes_own_block_needs_no_lease_and_one_of_anothers_is_taken_out_of_it()
    {
        var content = await PostAsync("10.1.0.0/24");
        var (one, two) = (new LabelledEndpoints(Store, "host1"), new LabelledEndpoints(Store, "host2"));
        Assert.Equal("10.1.0.1", await AddAsync(one, "host1", "p1", content));
        Assert.Equal("10.1.0.2", await FixedAsync(one, "host1", "fixed1", content, "10.1.0.2"));
        Assert.Equal(["host1 10.1.0.0/29"], await LeasesAsync());

        Assert.Equal("10.1.0.3", await FixedAsync(two, "host2", "fixed2", content, "10.1.0.3"));
        Assert.Equal(["host1 10.1.0.0/31", "host1 10.1.0.2/32", "host2 10.1.0.3/32", "host1 10.1.0.4/30"], await LeasesAsync());

        // Whoever had the block finds it smaller.
        Assert.Equal("10.1.0.4", await AddAsync(one, "host1", "p2", content));
        await AssertSoundAsync(endpoints: 4);
    }

    [Fact]
    public async Task An_address_that_the_other_node_gives_meanwhile_is_not_given_again()
    {
        var content = await PostAsync("10.1.0.0/24");
        var one = new LabelledEndpoints(Store, "host1");
        await AddAsync(one, "host1", "p1", content);
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = number => number > 1 ? Task.CompletedTask : AddAsync(one, "host1", "p2", content),
        };
        var refused = await new LabelledEndpoints(racing, "host2").AddAsync(Net, Pod("fixed"), Bound("host2", "fixed"), content, Choice("10.1.0.2"), Cancel);
        Assert.Equal(new(LabelRefusalReason.Unavailable, "10.1.0.2 is already that of pod ns/p2 in network t/n"), refused.Refusal);
        Assert.Null(await Store.GetAsync(StoreKeys.Endpoint(new(Net, "ns.fixed")), Cancel));
    }

    [Fact]
    public async Task An_Ethernet_address_that_another_node_gives_between_the_look_and_the_commit_is_not_given_again()
    {
        var content = await PostAsync("10.1.0.0/24");
        var one = new LabelledEndpoints(Store, "host1");
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            // The first is the lease.
            BeforeCommit = number => number == 2 ? one.AddAsync(Net, Pod("first"), Bound("host1", "first"), content, Choice("", Mac), Cancel) : Task.CompletedTask,
        };
        var refused = await new LabelledEndpoints(racing, "host2").AddAsync(Net, Pod("fixed"), Bound("host2", "fixed"), content, Choice("", Mac), Cancel);
        Assert.Equal(new(LabelRefusalReason.Unavailable, "0a:00:00:00:00:01 is already that of pod ns/first in network t/n"), refused.Refusal);

        // Of two that have a block each, too.
        await one.RemoveAsync(new(Net, "ns.first"), Bound("host1", "first"), Cancel);
        var two = new LabelledEndpoints(Store, "host2");
        await AddAsync(two, "host2", "p2", content);
        racing = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = number => number == 1 ? two.AddAsync(Net, Pod("second"), Bound("host2", "second"), content, Choice("", Mac), Cancel) : Task.CompletedTask,
        };
        refused = await new LabelledEndpoints(racing, "host1").AddAsync(Net, Pod("fixed"), Bound("host1", "fixed"), content, Choice("", Mac), Cancel);
        Assert.Equal(new(LabelRefusalReason.Unavailable, "0a:00:00:00:00:01 is already that of pod ns/second in network t/n"), refused.Refusal);
    }

    [Fact]
    public async Task What_cannot_be_had_is_refused_and_says_why()
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        var node = new LabelledEndpoints(Store, "host1");
        await FixedAsync(node, "host1", "db", content, "10.1.0.9", Mac);
        Assert.Equal("10.1.0.1 is already that of endpoint t/n/c1", await RefusedAsync(new("10.1.0.1")));
        Assert.Equal("10.1.0.9 is already that of endpoint t/n/ns.db", await RefusedAsync(new("10.1.0.9")));
        Assert.Equal("0a:00:00:00:00:01 is already that of pod ns/db in network t/n", await RefusedAsync(new("", Mac)));
        Assert.Equal("10.2.0.1 is outside 10.1.0.0/24, the subnet of network t/n", await RefusedAsync(new("10.2.0.1")));
        Assert.Equal("10.1.0.255 is the broadcast address of 10.1.0.0/24", await RefusedAsync(new("10.1.0.255")));
        Assert.Equal("ns.db", Assert.Single((await Repository.LoadAsync(Cancel)).State.Endpoints.Values, e => e.Pod is not null).Id.Container);

        // By another node too, which has leased nothing.
        node = new(Store, "host2");
        Assert.Equal("10.1.0.9 is already that of pod ns/db in network t/n", await RefusedAsync(new("10.1.0.9")));
        Assert.Equal("0a:00:00:00:00:01 is already that of pod ns/db in network t/n", await RefusedAsync(new("", Mac)));

        async Task<string> RefusedAsync(Wanted wanted)
        {
            var addition = await node.AddAsync(Net, Pod("other"), Bound("host1", "other"), content, Choice(wanted.Address, wanted.Mac), Cancel);
            Assert.Equal(LabelRefusalReason.Unavailable, addition.Refusal!.Reason);
            return addition.Refusal.Message;
        }
    }

    [Fact]
    public async Task Asked_again_with_another_choice_the_endpoint_is_another()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        async Task<EndpointRecord> AddAsync(EndpointChoice choice) => (await node.AddAsync(Net, Pod("db"), Bound("host1", "s"), content, choice, Cancel)).Endpoint!;
        var first = await AddAsync(Choice("10.1.0.9", Mac));
        Assert.Equal(("10.1.0.9", Mac), (first.Address.ToString(), first.Mac));
        Assert.Equal(first, await AddAsync(Choice("10.1.0.9", Mac)));
        var second = await AddAsync(Choice("10.1.0.10", Mac));
        Assert.Equal(("10.1.0.10", Mac), (second.Address.ToString(), second.Mac));
        var third = await AddAsync(default);
        Assert.Equal(("10.1.0.10", MacAddress.ForEndpoint(third.Address)), (third.Address.ToString(), third.Mac));
    }

    [Fact]
    public async Task A_pod_that_asks_for_its_address_keeps_it_on_another_node()
    {
        var content = await PostAsync("10.1.0.0/24");
        var (one, two) = (new LabelledEndpoints(Store, "host1"), new LabelledEndpoints(Store, "host2"));
        await AddAsync(one, "host1", "p1", content);
        await one.AddAsync(Net, Pod("db"), Bound("host1", "s1"), content, Choice("10.1.0.2", Mac), Cancel);
        var moved = await two.AddAsync(Net, Pod("db"), Bound("host2", "s2"), content, Choice("10.1.0.2", Mac), Cancel);
        Assert.Equal(("10.1.0.2", "host2"), (moved.Endpoint!.Address.ToString(), moved.Endpoint.Binding!.Host));
        await one.RemoveAsync(new(Net, "ns.db"), Bound("host1", "s1"), Cancel);
        Assert.Equal("10.1.0.4", await AddAsync(one, "host1", "p2", content));
        await AssertSoundAsync(endpoints: 3);
    }

    [Fact]
    public async Task Nodes_that_ask_for_one_address_or_one_Ethernet_address_at_once_do_not_both_get_it()
    {
        const int Rounds = 10;
        var content = await PostAsync("10.1.0.0/24");
        var (addresses, macs) = (0, 0);
        var nodes = Enumerable.Range(1, 3).Select(n => Task.Run(
            async () =>
            {
                var host = $"host{n}";
                var node = new LabelledEndpoints(Store, host);
                for (var i = 0; i < Rounds; i++)
                {
                    await Task.WhenAll(
                        TryAsync(node, host, $"{host}-a", Choice("10.1.0.3")), TryAsync(node, host, $"{host}-b", Choice("", Mac)), TryAsync(node, host, $"{host}-c", default));
                    var state = (await Repository.LoadAsync(Cancel)).State.Endpoints.Values;
                    Assert.InRange(state.Count(e => e.Address == IpAddr.Parse("10.1.0.3")), 0, 1);
                    Assert.InRange(state.Count(e => e.Mac == Mac), 0, 1);
                    await Task.WhenAll("abc".Select(c => node.RemoveAsync(new(Net, $"ns.{host}-{c}"), Bound(host, $"{host}-{c}"), Cancel)));
                    await node.GiveBackAsync(content, Cancel);
                }
            },
            Cancel));
        await Task.WhenAll(nodes);
        Assert.True(addresses > 0, "somebody had the address");
        Assert.True(macs > 0, "somebody had the Ethernet address");

        async Task TryAsync(LabelledEndpoints node, string host, string pod, EndpointChoice choice)
        {
            try
            {
                if (await node.AddAsync(Net, Pod(pod), Bound(host, pod), content, choice, Cancel) is { Endpoint: not null })
                {
                    _ = choice.Mac != MacAddress.None ? Interlocked.Increment(ref macs) : choice.IsFixed ? Interlocked.Increment(ref addresses) : 0;
                }
            }
            catch (StoreException e) when (e.Reason == StoreFailure.Refused)
            {
                // The others were quicker each time.
            }
        }
    }

    private static EndpointChoice Choice(string address, MacAddress mac = default) => new(address.Length == 0 ? default : IpAddr.Parse(address), mac);

    private static async Task<string?> FixedAsync(LabelledEndpoints node, string host, string pod, Guid content, string address, MacAddress mac = default) =>
        (await node.AddAsync(Net, Pod(pod), Bound(host, pod), content, Choice(address, mac), Cancel)).Endpoint?.Address.ToString();

    private readonly record struct Wanted(string Address, MacAddress Mac = default);
}
