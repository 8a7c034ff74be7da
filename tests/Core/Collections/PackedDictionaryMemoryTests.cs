using System.Runtime.CompilerServices;
using Netplugin.Core.Collections;

namespace Netplugin.Tests.Core.Collections;

/// <summary>What is measured in the whole process, and so alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class PackedDictionaryMemoryTests
{
    private const int Entries = 100_000;

    [Fact]
    public void Takes_little_more_memory_than_its_entries_however_it_came_about()
    {
        var held = new PackedDictionary<long, long>?[1];
        Fill(held);

        // By what goes when the table goes: while it is made, what other tests have left behind may go too.
        var with = GC.GetTotalMemory(forceFullCollection: true);
        held[0] = null;
        var without = GC.GetTotalMemory(forceFullCollection: true);

        // 16 bytes an entry. Blocks that are halved as they grow are three quarters full.
        Assert.InRange(with - without, Entries * 16, Entries * 20);
        GC.KeepAlive(held);
    }

    // Of its own, so that nothing but the array holds the table.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill(PackedDictionary<long, long>?[] held)
    {
        var random = new Random(1);
        var table = new PackedDictionary<long, long>(Comparer<long>.Default);
        for (var i = 0; i < Entries / 100; i++)
        {
            table = table.With([.. Enumerable.Range(0, 100).Select(_ => new DictionaryEdit<long, long>(random.NextInt64(), 1))]);
        }

        Assert.Equal(Entries, table.Count);
        held[0] = table;
    }
}
