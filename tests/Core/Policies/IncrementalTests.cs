using CsCheck;
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
            var (compiler, maps) = (new PolicyCompiler("n0"), new PolicyTables());
            PolicyCases.Tell(compiler, one);
            maps.Apply(compiler.TakeChanges());
            foreach (var policy in PolicyCases.Normal(one.Policies))
            {
                compiler.Remove(policy.Id);
            }

            maps.Apply(compiler.TakeChanges());
            Assert.Equal(0, maps.Addresses + maps.Verdicts);
            Array.ForEach(one.Endpoints, endpoint => compiler.Remove(endpoint.Id));
            maps.Apply(compiler.TakeChanges());
            Assert.Equal("", maps.Describe());
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
        Assert.Equal(FromScratch(script.Latter).Describe(), maps.Describe());
    }

    private static PolicyTables FromScratch(PolicyCase one)
    {
        var (compiler, maps) = (new PolicyCompiler("n0"), new PolicyTables());
        PolicyCases.Tell(compiler, one);
        maps.Apply(compiler.TakeChanges());
        return maps;
    }
}
