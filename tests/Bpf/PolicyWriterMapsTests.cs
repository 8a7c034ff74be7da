using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Bpf;

/// <summary>A writer over the kernel's maps: they hold what the model of them holds, which is judged elsewhere, through daemons and builds.</summary>
public sealed class PolicyWriterMapsTests : IDisposable
{
    private readonly BpfDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Daemons_one_after_the_other_write_what_the_model_of_the_maps_holds()
    {
        var model = new ModelPolicyMaps();
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        PolicyGens.CaseGen(1).Sample(
            one =>
            {
                // The maps go on from one case to the next, and are shared: so there is one thread.
                Write(model, one);
                Write(datapath.Policies, one);
                AssertSame(model, datapath.Policies);
            },
            iter: 100,
            threads: 1);
        Assert.Equal(100UL, model.Generation);
    }

    [Fact]
    public void They_are_the_same_maps_for_a_daemon_that_starts_and_for_another_build()
    {
        var (model, one) = (new ModelPolicyMaps(), PolicyGens.CaseGen(1, PolicyGens.CrowdGen).Single());
        Write(model, one);
        using (var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes))
        {
            datapath.Activate();
            Write(datapath.Policies, one);
        }

        using (var again = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes))
        {
            AssertSame(model, again.Policies);
        }

        using var later = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8192 }, TestObject.Wide);
        AssertSame(model, later.Policies);
        later.Activate();
        Write(model, one);
        Write(later.Policies, one);
        AssertSame(model, later.Policies);
        Assert.Equal(2UL, later.Policies.Generation);
    }

    // A daemon of node n0, from its beginning to its end.
    private static void Write(IPolicyMaps maps, PolicyCase one)
    {
        var writer = new PolicyMapWriter(maps, network => (uint)(10 + Array.IndexOf([new("t", "x"), new("t", "y"), new("u", "x")], network)));
        writer.Begin();
        var compiler = new PolicyCompiler("n0", writer.Generation, writer.LastNumber);
        Array.ForEach(Told.Objects(one), told => told.Set(compiler));
        for (var i = 0; i < one.Endpoints.Length; i++)
        {
            if (one.Endpoints[i].Node == "n0")
            {
                writer.Attach(one.Endpoints[i].Id, new IfIndex(100 + i), (ulong)i);
            }
        }

        writer.Apply(compiler.TakeChanges());
        writer.RemoveFormer();
    }

    private static void AssertSame(ModelPolicyMaps model, KernelPolicyMaps maps)
    {
        Assert.Equal(model.Generation, maps.Generation);
        AssertSame(model.ReadIdentities(), maps.ReadIdentities());
        AssertSame(model.ReadBlocks(), maps.ReadBlocks());
        AssertSame(model.ReadSubjects(), maps.ReadSubjects());
        AssertSame(model.ReadVerdicts(), maps.ReadVerdicts());
        AssertSame(model.ReadPrograms(), maps.ReadPrograms());
        AssertSame(model.ReadReasons(), maps.ReadReasons());
    }

    private static void AssertSame<T>(IEnumerable<T> expected, IEnumerable<T> read) => Assert.Equal(expected.ToHashSet(), read.ToHashSet());
}
