using CsCheck;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>
/// Clusters that become others while the maps are small. No map ever has more than it has room for. An endpoint has what its policies say, or is reported: then it has what they last said to it, of
/// the peers that there are now, or is closed. With room it is as if there had always been room. It runs as long as CsCheck_Time says.
/// </summary>
public sealed class MapRoomTests
{
    private const int Cases = 700;
    private const int MostRounds = 20;

    // Percents of what the largest of the clusters needs: mostly there is room in most maps.
    private static readonly Gen<int> PercentGen = Gen.Frequency((3, Gen.Int[0, 120]), (4, Gen.Int[100, 250]));

    private static readonly Gen<Story> StoryGen = Gen.Select(PolicyGens.CaseGen(1).Array[2, 4], Gen.Bool, PercentGen.Array[5], Gen.Bool)
        .Select((cases, areSame, percents, isOften) => new Story(
            areSame ? [.. cases.Select(one => one with { Endpoints = cases[0].Endpoints, Nodes = cases[0].Nodes })] : cases, percents, isOften));

    [Fact]
    public void What_does_not_fit_keeps_what_there_was_or_is_closed()
    {
        var (fit, kept, closed) = (0, 0, 0);
        StoryGen.Sample(
            story =>
            {
                var told = new Teller(story.Room);
                foreach (var one in story.Cases)
                {
                    told.Become(one);
                    var (round, rounds) = (0, story.IsOften ? MostRounds : 1);
                    do
                    {
                        told.TakeChanges();
                        var (fits, keeps, closes) = told.Check();
                        Interlocked.Add(ref fit, fits);
                        Interlocked.Add(ref kept, keeps);
                        Interlocked.Add(ref closed, closes);
                    }
                    while (told.HasChanged && ++round < rounds);
                    Assert.True(round < MostRounds, "there are changes without end");
                }

                told.HaveRoom();
                Assert.Equal(PolicyCases.Compile(new("n0"), story.Cases[^1]).Describe(), told.Maps.Describe());
            },
            iter: Cases);
        Assert.True(fit > Cases && kept > Cases / 8 && closed > Cases / 2, $"{fit} fit, {kept} kept what they had, {closed} were closed");
    }

    private sealed record Story(PolicyCase[] Cases, int[] Percents, bool IsOften)
    {
        public PolicyMapSizes Room
        {
            get
            {
                var needs = Cases.Select(one => PolicyCases.Compile(new("n0"), one).Sizes).ToArray();
                int[] sizes = [.. Enum.GetValues<PolicyMap>().Select((map, i) => needs.Max(need => need[map]) * Percents[i] / 100)];
                return new(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]);
            }
        }

        public override string ToString() => $"{Room}\n{string.Join("\n\nbecame\n", Cases.Select(one => one.ToString()))}";
    }

    /// <summary>Tells a compiler what a cluster becomes, and knows when each endpoint last had what its policies said.</summary>
    private sealed class Teller(PolicyMapSizes room)
    {
        private readonly PolicyCompiler _compiler = new("n0") { Sizes = room };
        private readonly Dictionary<EndpointId, (PolicySet Policies, PolicyEndpoint Endpoint)> _last = [];
        private readonly Dictionary<object, uint> _identities = [];
        private readonly HashSet<string> _gone = [];
        private Dictionary<string, Told> _objects = [];
        private PolicyCase _now = new([], [], PolicySet.Empty, []);

        public PolicyTables Maps { get; } = new();

        public bool HasChanged { get; private set; }

        public void Become(PolicyCase one)
        {
            var objects = Told.Objects(one).ToDictionary(told => told.Name);
            foreach (var gone in _objects.Where(former => !objects.ContainsKey(former.Key)))
            {
                gone.Value.Remove(_compiler);
            }

            foreach (var each in objects.Values)
            {
                each.Set(_compiler);
            }

            (_objects, _now) = (objects, one);
        }

        public void TakeChanges()
        {
            var changes = _compiler.TakeChanges();
            HasChanged = changes.Count > 0;
            foreach (var change in changes)
            {
                Maps.Apply(change);
                CheckNumbers(change);
                Assert.All(Enum.GetValues<PolicyMap>(), map => Assert.True(Maps.Sizes[map] <= _compiler.Sizes[map], $"{change}: {map} have {Maps.Sizes[map]} of {_compiler.Sizes[map]}"));
            }
        }

        // What a number named that is gone, no other thing is named by.
        private void CheckNumbers(PolicyChange change)
        {
            switch (change)
            {
                case PolicyChange.AddressIs(var address, { After: var identity }):
                    Name(address, identity);
                    break;
                case PolicyChange.BlockIs(var block, { After: var identity }):
                    Name(block, identity);
                    break;
                case PolicyChange.AddressGone(var address):
                    _identities.Remove(address);
                    break;
                case PolicyChange.BlockGone(var block):
                    _identities.Remove(block);
                    break;
                case PolicyChange.VerdictGone(var table, 0):
                    _gone.Add($"table {table}");
                    break;
                case PolicyChange.VerdictGone(_, var identity) when !_identities.ContainsValue(identity):
                    _gone.Add($"identity {identity}");
                    break;
                case PolicyChange.ProgramGone(var program, _):
                    _gone.Add($"program {program}");
                    break;
                case PolicyChange.ReasonGone(var reason):
                    _gone.Add($"reason {reason}");
                    break;
                case PolicyChange.VerdictIs(var table, _, _):
                    Assert.DoesNotContain($"table {table}", _gone);
                    break;
                case PolicyChange.ProgramIs(var program, _):
                    Assert.DoesNotContain($"program {program}", _gone);
                    break;
                case PolicyChange.ReasonIs(var reason, _):
                    Assert.DoesNotContain($"reason {reason}", _gone);
                    break;
                default:
                    break;
            }

            void Name(object entry, uint identity)
            {
                Assert.DoesNotContain($"identity {identity}", _gone);
                _identities[entry] = identity;
            }
        }

        public (int Fit, int Kept, int Closed) Check()
        {
            var unfit = _compiler.Unfit.ToDictionary(one => one.Endpoint);
            var meant = PolicyCases.Compile(new("n0"), _now);
            foreach (var endpoint in _now.Endpoints.Where(endpoint => endpoint.Node == "n0"))
            {
                var had = PolicyCases.Answers(Maps, endpoint.Id, _now);
                if (!unfit.TryGetValue(endpoint.Id, out var reported))
                {
                    Assert.Equal(PolicyCases.Answers(meant, endpoint.Id, _now), had);
                    _last[endpoint.Id] = (_now.Policies, endpoint);
                    continue;
                }

                Assert.True(reported.Shortage.Needed > reported.Shortage.Size && reported.Shortage.Size == _compiler.Sizes[reported.Shortage.Map], $"{reported}");
                Assert.Subset(PolicyCases.Normal(_now.Policies).Select(policy => policy.Id).ToHashSet(), reported.Policies.ToHashSet());
                if (reported.IsClosed)
                {
                    Assert.All(had, answer => Assert.Equal((false, null), answer));
                    _last.Remove(endpoint.Id);
                    continue;
                }

                // One of the same labels and group without addresses: what the former policies say to it of the peers that there are now.
                var (policies, former) = _last[endpoint.Id];
                var ghost = former with { Id = new(endpoint.Id.Network, "ghost"), Addresses = [], ClusterAddresses = [] };
                var kept = PolicyCases.Compile(new("n0"), _now with { Policies = policies, Endpoints = [.. _now.Endpoints, ghost] });
                Assert.Equal(PolicyCases.Answers(kept, ghost.Id, _now), had);
            }

            foreach (var gone in _last.Keys.Except(_now.Endpoints.Where(endpoint => endpoint.Node == "n0").Select(endpoint => endpoint.Id)).ToArray())
            {
                _last.Remove(gone);
            }

            var closed = unfit.Values.Count(one => one.IsClosed);
            return (_last.Count - unfit.Count + closed, unfit.Count - closed, closed);
        }

        public void HaveRoom()
        {
            _compiler.Sizes = PolicyMapSizes.OfMaps;
            TakeChanges();
            Assert.Empty(_compiler.Unfit);
            Assert.Empty(_compiler.TakeChanges());
        }
    }
}
