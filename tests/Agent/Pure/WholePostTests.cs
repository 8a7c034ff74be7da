using System.Collections.Immutable;
using CsCheck;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Tests.Agent.Pure;

/// <summary>
/// Posts that change policies and move endpoints, heard of by two follows in every order in which they may be: what the view calls whole is what the store held at some moment.
/// </summary>
public sealed class WholePostTests
{
    private const int Endpoints = 3;

    private static readonly TenantedName Policy = new("tenant-one", "policy");
    private static readonly FollowedPrefix Intent = new(FollowedKind.Intent, StoreKeys.Intent);
    private static readonly FollowedPrefix Network = new(FollowedKind.Endpoints, StoreKeys.EndpointsOf(Samples.Orange), Samples.Orange);

    // Of a post: whether it changes the policy, and what it does to each endpoint. Other writes: an endpoint is bound or freed; a post's lock is taken.
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (4, Gen.Select(Gen.Bool, Gen.Enum<Deed>().Array[Endpoints], (isPolicy, deeds) => (Step)new Step.Post(isPolicy, [.. deeds]))),
        (2, Gen.Int[0, Endpoints - 1].Select(endpoint => (Step)new Step.Bind(endpoint))),
        (1, Gen.Const((Step)new Step.Lock())));

    private static readonly Gen<(Step[] Steps, (Heard What, int Much)[] Order)> AnyStory = Gen.Select(
        AnyStep.Array[1, 8], Gen.Select(Gen.Frequency((8, Gen.Const(Heard.Intent)), (8, Gen.Const(Heard.Network)), (1, Gen.Const(Heard.NetworkAnew)), (1, Gen.Const(Heard.IntentAnew))), Gen.Int[0, 3]).Array[0, 40]);

    private enum Deed
    {
        None,
        Move,
        Remove,
    }

    private enum Heard
    {
        Intent,
        Network,
        NetworkAnew,
        IntentAnew,
    }

    [Fact]
    public void What_is_whole_is_what_the_store_held_at_some_moment_and_in_the_end_it_is_whole() => AnyStory.Sample(
        story =>
        {
            var states = States(story.Steps);
            var hearing = new Hearing(states);
            foreach (var (what, much) in story.Order)
            {
                hearing.Hear(what, much);
                Check(hearing, states);
            }

            hearing.HearAll();
            Check(hearing, states);
            Assert.True(hearing.View.HasWholePosts);
            Assert.Equal(Seen(states[^1]).ToString(), Seen(hearing.View).ToString());
        },
        iter: 5_000);

    [Fact]
    public void A_group_that_is_heard_of_before_its_post_waits_for_it_and_a_post_for_its_groups()
    {
        var states = States([new Step.Post(true, [Deed.Move, Deed.None, Deed.None]), new Step.Post(true, [Deed.Move, Deed.None, Deed.None])]);
        foreach (var first in (Heard[])[Heard.Intent, Heard.Network])
        {
            var hearing = new Hearing(states);
            Assert.True(hearing.View.HasWholePosts);
            hearing.Hear(first, 0);
            Assert.False(hearing.View.HasWholePosts);
            hearing.Hear(first == Heard.Intent ? Heard.Network : Heard.Intent, 0);
            Assert.True(hearing.View.HasWholePosts);
        }
    }

    private static void Check(Hearing hearing, ImmutableArray<State> states)
    {
        if (hearing.View.HasWholePosts)
        {
            var seen = Seen(hearing.View);
            Assert.True(states.Any(state => IsSeen(seen, state, states, hearing)), $"{seen} was never so: {string.Join("; ", states.Select(Seen))}");
        }
    }

    // What a post makes runs nowhere yet, so it may be heard of later.
    private static bool IsSeen(Content seen, State state, ImmutableArray<State> states, Hearing hearing)
    {
        var was = Seen(state);
        return was.Policy == seen.Policy && seen.Groups.All(was.Groups.Contains)
            && was.Groups.Except(seen.Groups).All(one => states.First(made => made.Post == state.Endpoints[one.Key].Post).Revision > hearing.NetworkHeard);
    }

    private static Content Seen(State state) => new(state.Policy, state.Endpoints.Values.ToImmutableSortedDictionary(endpoint => endpoint.Id.Container, endpoint => endpoint.Group));

    private static Content Seen(ClusterView view) => new(
        view.Policies![Policy].Rules.Count,
        view.Endpoints[Samples.Orange].Where(endpoint => endpoint.Value.Post <= view.Post).ToImmutableSortedDictionary(endpoint => endpoint.Key, endpoint => endpoint.Value.Group));

    private static ImmutableArray<State> States(IReadOnlyList<Step> steps)
    {
        var state = new State(1, 1, 0, ImmutableSortedDictionary<string, EndpointRecord>.Empty, [], []);
        for (var i = 0; i < Endpoints; i++)
        {
            var record = Samples.Endpoint($"c{i}", 7 + i) with { PostedGroup = "a" };
            state = state with { Endpoints = state.Endpoints.Add(record.Id.Container, record) };
        }

        var states = ImmutableArray.Create(state);
        foreach (var step in steps)
        {
            state = step.After(state with { Revision = state.Revision + 1, Moved = [], Changed = [] });
            states = states.Add(state);
        }

        return states;
    }

    // The policy's content, and the groups of the endpoints that are there.
    private sealed record Content(int Policy, ImmutableSortedDictionary<string, string> Groups)
    {
        public override string ToString() => $"{Policy} {string.Join(' ', Groups.Select(one => $"{one.Key}={one.Value}"))}";
    }

    private abstract record Step
    {
        public abstract State After(State state);

        public sealed record Post(bool IsPolicy, ImmutableArray<Deed> Deeds) : Step
        {
            public override State After(State state)
            {
                var next = state with { Post = state.Post + 1, Policy = (state.Policy + (IsPolicy ? 1 : 0)) % 4, Changed = [StoreKeys.Post, .. IsPolicy ? [StoreKeys.Policy(Policy)] : Array.Empty<string>()] };
                for (var i = 0; i < Deeds.Length; i++)
                {
                    var name = $"c{i}";
                    var was = next.Endpoints.GetValueOrDefault(name);
                    EndpointRecord? now = Deeds[i] switch
                    {
                        Deed.Move when was is null => Samples.Endpoint(name, 7 + i, post: next.Post) with { PostedGroup = "b" },
                        Deed.Move => was with { PostedGroup = was.PostedGroup == "a" ? "b" : "a" },
                        Deed.Remove => null,
                        _ => was,
                    };
                    if (now == was)
                    {
                        continue;
                    }

                    next = next with
                    {
                        Endpoints = now is null ? next.Endpoints.Remove(name) : next.Endpoints.SetItem(name, now),
                        Changed = next.Changed.Add(StoreKeys.Endpoint(new(Samples.Orange, name))),
                        Moved = was is null ? next.Moved : [Samples.Orange],
                    };
                }

                return next;
            }
        }

        public sealed record Bind(int Endpoint) : Step
        {
            public override State After(State state) => state.Endpoints.TryGetValue($"c{Endpoint}", out var was)
                ? state with
                {
                    Endpoints = state.Endpoints.SetItem(was.Id.Container, was with { Binding = was.Binding is null ? new("host2", "s", "eth0") : null }),
                    Changed = [StoreKeys.Endpoint(was.Id)],
                }
                : state;
        }

        public sealed record Lock : Step
        {
            public override State After(State state) => state with { Changed = [StoreKeys.Post] };
        }
    }

    // What the store holds at a revision, what of it was written then, and what its post says is moved by it.
    private sealed record State(
        long Revision, long Post, int Policy, ImmutableSortedDictionary<string, EndpointRecord> Endpoints, ImmutableArray<string> Changed, ImmutableArray<NetworkId> Moved)
    {
        public StoreEntry? Entry(string key) =>
            key == StoreKeys.Post ? Put(key, RecordCodec.Encode(new PostRecord(Post) { Moved = [.. Moved] }))
            : key == StoreKeys.Network(Samples.Orange) ? Put(key, RecordCodec.Encode(Samples.Network()))
            : key == StoreKeys.Policy(WholePostTests.Policy) ? Put(key, RecordCodec.Encode(new PolicyRecord(WholePostTests.Policy, [.. Enumerable.Range(1, Policy).Select(i => Rule(i))], 1)))
            : Endpoints.Values.FirstOrDefault(endpoint => StoreKeys.Endpoint(endpoint.Id) == key) is { } record ? Put(key, RecordCodec.Encode(record))
            : null;

        private StoreEntry Put(string key, byte[] value) => new(key, value, Revision, Revision);

        private static IntentRule Rule(int number) => new($"{number}", PolicyDirection.Ingress, 1, IntentPeer.Anybody, IntentProtocol.Any, 0, Allow: false);
    }

    // A daemon that hears of the states.
    private sealed class Hearing
    {
        private readonly ImmutableArray<State> _states;
        private readonly ViewParts _parts = new(Samples.Me, (key, problem) => Assert.True(problem is null, $"{key}: {problem}"));
        private int _intent;
        private int _listed;
        private int _network;

        public Hearing(ImmutableArray<State> states)
        {
            _states = states;
            ListIntent(0);
            ListNetwork(0);
        }

        public ClusterView View { get; private set; } = ClusterView.Unknown;

        public long NetworkHeard => _network < 0 ? -1 : _states[_network].Revision;

        // Much: how much newer than need be a list is; or how many more changes come together, to a reader that is behind.
        public void Hear(Heard what, int much)
        {
            switch (what)
            {
                case Heard.Intent:
                    Change(Intent, ref _intent, much);
                    break;
                case Heard.Network:
                    Change(Network, ref _network, much);
                    break;
                case Heard.NetworkAnew:
                    ListNetwork(much);
                    break;
                default:
                    ListIntent(much);
                    break;
            }
        }

        public void HearAll()
        {
            while (_intent < _states.Length - 1)
            {
                Change(Intent, ref _intent, 0);
            }

            while (_network < _states.Length - 1)
            {
                Change(Network, ref _network, 0);
            }
        }

        private void Change(FollowedPrefix prefix, ref int at, int more)
        {
            // A network's follow that was begun anew hears nothing before its list.
            if (prefix == Network && _network < 0)
            {
                ListNetwork(0);
            }

            if (at == _states.Length - 1)
            {
                return;
            }

            var heard = _states[(at + 1)..Math.Min(at + 2 + more, _states.Length)];
            at += heard.Length;
            StoreChange[] changes =
            [
                .. from state in heard
                   from key in state.Changed
                   where key.StartsWith(prefix.Prefix, StringComparison.Ordinal)
                   select new StoreChange(key, state.Entry(key), state.Revision),
            ];
            if (changes.Length > 0)
            {
                View = _parts.Apply(View, prefix, new StoreEvent.Changed(changes[^1].Revision, [.. changes]), 0).View;
            }
        }

        private void ListIntent(int newer)
        {
            _intent = Math.Min(_intent + newer, _states.Length - 1);
            _listed = _intent;
            var state = _states[_intent];
            string[] keys = [StoreKeys.Post, StoreKeys.Network(Samples.Orange), StoreKeys.Policy(Policy)];

            // The post's own record is as old as its last writing.
            var post = _states.Take(_intent + 1).LastOrDefault(one => one.Changed.Contains(StoreKeys.Post)) ?? _states[0];
            View = _parts.Apply(View, Intent, new StoreEvent.Snapshot(new(state.Revision, [.. keys.Select(key => (key == StoreKeys.Post ? post : state).Entry(key)!)])), state.Post).View;
            _network = -1;
        }

        private void ListNetwork(int newer)
        {
            _network = Math.Min(Math.Max(_network, _listed) + newer, _states.Length - 1);
            var state = _states[_network];
            var read = _states[Math.Min(_network + newer, _states.Length - 1)];
            View = _parts.Apply(View, Network, new StoreEvent.Snapshot(new(state.Revision, [.. state.Endpoints.Values.Select(endpoint => state.Entry(StoreKeys.Endpoint(endpoint.Id))!)])), read.Post).View;
        }
    }
}
