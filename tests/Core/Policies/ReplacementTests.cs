using CsCheck;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>
/// Writes are applied one by one: until the one of the generation every packet meets the former state, from it on the latter, whatever changed together. So no moment lets through what both
/// forbid, nor denies what both allow.
/// </summary>
public sealed class ReplacementTests
{
    private const int Cases = 100;
    private static readonly (byte, ushort)[] Traffic = [(6, 80), (17, 53)];

    [Fact]
    public void A_packet_meets_the_former_state_or_the_latter() => Check(PolicyMapSizes.OfMaps);

    [Fact]
    public void So_it_does_where_there_is_little_room() => Check(new(8, 6, 16, 24, 8));

    private static void Check(PolicyMapSizes sizes) => ChangeScript.Gen.Sample(
        script =>
        {
            var (compiler, maps) = (new PolicyCompiler("n0") { Sizes = sizes }, new PolicyTables());
            foreach (var step in script.Steps.Append(null))
            {
                if (step is not null)
                {
                    step(compiler);
                    continue;
                }

                var changes = compiler.TakeChanges();
                var (former, latter) = (Answers(script, maps), Answers(script, After(maps, changes)));
                var isSwapped = false;
                foreach (var change in changes)
                {
                    maps.Apply(change);
                    isSwapped |= change is PolicyChange.GenerationIs;
                    Assert.Equal(isSwapped ? latter : former, Answers(script, maps));
                }
            }
        },
        iter: Cases);

    // The maps as they are, copied, with all changes.
    private static PolicyTables After(PolicyTables maps, IEnumerable<PolicyChange> changes)
    {
        var after = maps.Copy();
        after.Apply(changes);
        return after;
    }

    private static List<(bool, PolicyReason?)> Answers(ChangeScript script, PolicyTables maps)
    {
        AttemptEnd[] ends = [.. ClusterGens.Ends(script.Former.Endpoints, script.Former.Nodes), .. ClusterGens.Ends(script.Latter.Endpoints, script.Latter.Nodes)];
        PlaneAddress[] peers = [.. ends.Select(PolicyCases.PlaneOf).Distinct()];
        return
        [
            .. from endpoint in script.Former.Endpoints.Concat(script.Latter.Endpoints).Select(endpoint => endpoint.Id).Distinct()
               from direction in Enum.GetValues<PolicyDirection>()
               from isItself in (bool[])[false, true]
               from peer in peers
               from traffic in Traffic
               select maps.Decide(endpoint, direction, peer, traffic.Item1, traffic.Item2, isItself),
        ];
    }
}
