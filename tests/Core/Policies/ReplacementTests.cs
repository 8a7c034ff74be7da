using CsCheck;
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

    private static List<(bool, PolicyReason?)> Answers(ChangeScript script, PolicyTables maps) => PolicyCases.Answers(maps, script.Former, script.Latter);
}
