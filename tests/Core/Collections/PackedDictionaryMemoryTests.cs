using Netplugin.Core.Collections;

namespace Netplugin.Tests.Core.Collections;

/// <summary>What is measured in the whole process, and so alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class PackedDictionaryMemoryTests
{
    [Fact]
    public void Takes_little_more_memory_than_its_entries_however_it_came_about()
    {
        const int entries = 100_000;
        var random = new Random(1);
        var table = new PackedDictionary<long, long>(Comparer<long>.Default);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < entries / 100; i++)
        {
            table = table.With([.. Enumerable.Range(0, 100).Select(_ => new DictionaryEdit<long, long>(random.NextInt64(), 1))]);
        }

        // 16 bytes an entry. Blocks that are halved as they grow are three quarters full.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, entries * 16, entries * 20);
        Assert.Equal(entries, table.Count);
    }
}
