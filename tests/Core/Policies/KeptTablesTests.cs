using CsCheck;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>What says the same has the same tables.</summary>
public sealed class KeptTablesTests
{
    [Fact]
    public void Policies_that_go_and_come_again_change_nothing() => PolicyGens.CaseGen(1).Sample(
        one =>
        {
            var (compiler, policies) = (new PolicyCompiler("n0"), PolicyCases.Normal(one.Policies).ToArray());
            Array.ForEach(Told.Objects(one), told => told.Set(compiler));
            compiler.TakeChanges();
            Array.ForEach(policies, policy => compiler.Remove(policy.Id));
            Array.ForEach(policies, compiler.Set);
            Assert.Empty(compiler.TakeChanges());
        },
        iter: 1_000);
}
