using CsCheck;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>What a compiler says at the end does not depend on the way there.</summary>
public sealed class IncrementalTests
{
    private const int Cases = 8_000;
    private const int Crowds = 400;

    [Fact]
    public void Whatever_came_before_the_maps_are_those_of_a_compiler_that_knows_the_end_alone() => ChangeScript.Gen.Sample(Check, iter: Cases);

    [Fact]
    public void So_they_are_where_there_are_many_policies() => ChangeScript.CrowdGen.Sample(Check, iter: Crowds);

    [Fact]
    public void When_everything_is_gone_nothing_is_left() => PolicyGens.CaseGen(1).Sample(
        one =>
        {
            var compiler = new PolicyCompiler("n0");
            var maps = PolicyCases.Compile(compiler, one);
            Remove(one with { Endpoints = [], Nodes = [] });
            Assert.Equal(0, maps.Addresses + maps.Verdicts);
            Remove(one with { Policies = PolicySet.Empty, Nodes = [] });
            Assert.Equal("", maps.Describe());

            void Remove(PolicyCase part)
            {
                Array.ForEach(Told.Objects(part), told => told.Remove(compiler));
                maps.Apply(compiler.TakeChanges());
            }
        },
        iter: Cases / 4);

    private static void Check(ChangeScript script)
    {
        var compiler = new PolicyCompiler("n0");
        var maps = new PolicyTables();
        foreach (var step in script.Steps)
        {
            if (step is null)
            {
                maps.Apply(compiler.TakeChanges());
            }
            else
            {
                step(compiler);
            }
        }

        maps.Apply(compiler.TakeChanges());
        Assert.Empty(compiler.TakeChanges());
        Assert.Equal(PolicyCases.Compile(new("n0"), script.Latter).Describe(), maps.Describe());
    }
}
