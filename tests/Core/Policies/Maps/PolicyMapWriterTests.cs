using CsCheck;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>What is written is what the compiler wants, whatever comes between; and a packet meets the former state or the latter.</summary>
public sealed class PolicyMapWriterTests
{
    private const int Cases = 2_000;
    private const int JudgedCases = 20;

    // Most changes are fewer writes.
    private static readonly Gen<(PolicyCase[] States, int[] Ends, bool IsContinued)> EndedGen =
        Gen.Select(PolicyGens.CaseGen(1).Array[4], Gen.Int[0, 120].Array[2], Gen.Bool);

    [Fact]
    public void Whatever_came_before_the_maps_are_what_the_compiler_wants() => Gen.Select(ChangeScript.Gen, Gen.Bool).Sample(
        (script, isLazy) =>
        {
            var node = new WrittenNode(new()).Start().Attach(script.Former);
            foreach (var step in script.Steps)
            {
                if (step is not null)
                {
                    step(node.Compiler);
                }
                else if (isLazy)
                {
                    node.Apply();
                    node.Attach(script.Latter);
                }
                else
                {
                    node.ApplyWhole();
                }
            }

            node.Attach(script.Latter).ApplyWhole();
            node.AssertIs(script.Latter);
        },
        iter: Cases);

    [Fact]
    public void A_packet_meets_the_former_state_or_the_latter() => ChangeScript.Gen.Sample(
        script =>
        {
            var node = new WrittenNode(new(), script.Former, script.Latter).Start().Attach(script.Former).Attach(script.Latter);
            foreach (var step in script.Steps.Append(null))
            {
                (step ?? (_ => node.Apply()))(node.Compiler);
            }
        },
        iter: JudgedCases);

    [Fact]
    public void Where_one_ended_the_next_begins_and_packets_meet_one_state_or_the_other() => EndedGen.Sample(
        one =>
        {
            var node = new WrittenNode(new(), one.States).Start().Attach(one.States[0]).Hear(one.States[0]);
            node.ApplyWhole();
            if (one.IsContinued)
            {
                RunTo(node, one.Ends[0], () => node.Attach(one.States[1]).Hear(one.States[0], one.States[1]).ApplyWhole());
            }
            else
            {
                RunTo(node, one.Ends[0], () => node.Start().Attach(one.States[1]).Hear(one.States[1]).ApplyWhole());
            }

            RunTo(node, one.Ends[1], () => node.Start().Attach(one.States[2]).Hear(one.States[2]).ApplyWhole());
            node.Start().Attach(one.States[3]).Hear(one.States[3]).ApplyWhole();
            node.AssertIs(one.States[3]);
        },
        iter: JudgedCases);

    [Fact]
    public void It_may_end_at_any_write() => PolicyGens.CaseGen(1).Array[2].Sample(
        states =>
        {
            for (var (ends, hasEnded) = (0, true); hasEnded; ends++)
            {
                var node = new WrittenNode(new(), states).Start().Attach(states[0]).Hear(states[0]);
                hasEnded = RunTo(node, ends, node.ApplyWhole);
                node.Start().Attach(states[1]).Hear(states[1]).ApplyWhole();
                node.AssertIs(states[1]);
            }
        },
        iter: 1);

    [Fact]
    public void What_could_not_be_written_is_written_with_what_comes_next() => EndedGen.Sample(
        one =>
        {
            var node = new WrittenNode(new(), one.States).Start();
            Array.ForEach(one.States, state => node.Attach(state));
            node.Hear(one.States[0]).ApplyWhole();
            RunTo(node, one.Ends[0], () => node.Hear(one.States[0], one.States[1]).ApplyWhole());
            RunTo(node, one.Ends[1], () => node.Hear(one.States[1], one.States[2]).ApplyWhole());
            node.Hear(one.States[2], one.States[3]).ApplyWhole();
            node.AssertIs(one.States[3]);
        },
        iter: JudgedCases);

    // The model refuses a verdict more than that.
    [Fact]
    public void What_the_compiler_asks_for_has_room_also_beside_what_another_daemon_left() => Gen.Select(PolicyGens.CaseGen(1).Array[3], Gen.Int[1, 30]).Sample(
        (states, verdicts) =>
        {
            var node = new WrittenNode(new() { Sizes = PolicyMapSizes.OfMaps with { Verdicts = verdicts } }, states).Start();
            for (var i = 0; i < states.Length; i++)
            {
                node.Start().Attach(states[i]).Hear(states[i]).ApplyWhole();
                node.ApplyWhole();
                node.Attach(states[(i + 1) % states.Length]).Hear(states[i], states[(i + 1) % states.Length]).ApplyWhole();
                Assert.Equal(node.Wanted.Verdicts, node.Maps.ReadVerdicts().Count());
            }
        },
        iter: JudgedCases);

    private static bool RunTo(WrittenNode node, int writes, Action run)
    {
        node.Maps.EndsBefore = node.Maps.Writes + writes;
        try
        {
            run();
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        finally
        {
            node.Maps.EndsBefore = null;
        }
    }
}
