using CsCheck;
using Netplugin.Core.Collections;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Core.Collections;

public sealed class PackedDictionaryTests
{
    private static readonly PackedDictionary<int, string> Empty = new(Comparer<int>.Default);

    // Few enough keys for edits to meet, enough for several blocks.
    private static readonly Gen<DictionaryEdit<int, string>[]> Edits = Gen.Select(Gen.Int[0, 2000], Gen.Int[0, 9], Gen.Bool)
        .Select((key, value, isRemoval) => isRemoval ? new DictionaryEdit<int, string>(key) : new DictionaryEdit<int, string>(key, $"v{value}"))
        .Array[0, 1500];

    [Fact]
    public void Behaves_as_a_sorted_dictionary_does()
    {
        Edits.Array[1, 4].Sample(rounds =>
        {
            var model = new SortedDictionary<int, string>();
            var table = Empty;
            foreach (var edits in rounds)
            {
                table = table.With(edits);
                foreach (var edit in edits)
                {
                    _ = edit.IsRemoval ? model.Remove(edit.Key) : (model[edit.Key] = edit.Value!) is null;
                }

                Assert.Equal(model, table);
                Assert.Equal(model.Count, table.Count);
                Assert.All(Enumerable.Range(-1, 2003), key =>
                {
                    Assert.Equal(model.TryGetValue(key, out var expected), table.TryGetValue(key, out var actual));
                    Assert.Equal(expected, actual);
                });
            }
        });
    }

    [Fact]
    public void The_table_before_stays_as_it_was()
    {
        Gen.Select(Edits, Edits).Sample((first, second) =>
        {
            var before = Empty.With(first);
            var held = before.ToArray();

            before.With(second);

            Assert.Equal(held, before);
        });
    }

    [Fact]
    public void One_edit_at_a_time_gives_the_same()
    {
        Edits.Sample(edits => Assert.Equal(Empty.With(edits), edits.Aggregate(Empty, (table, edit) => table.With([edit]))));
    }

    [Fact]
    public void Rebuilding_gives_exactly_the_entries_of_which_the_last_of_a_key_counts()
    {
        Gen.Select(Edits, Gen.Select(Gen.Int[0, 2000], Gen.Int[0, 9]).Array[0, 1500]).Sample((before, entries) =>
        {
            var rebuilt = Empty.With(before).Rebuild(entries.Select(e => KeyValuePair.Create(e.Item1, $"v{e.Item2}")));

            Assert.Equal(Empty.With([.. entries.Select(e => new DictionaryEdit<int, string>(e.Item1, $"v{e.Item2}"))]), rebuilt);
        });
    }

    [Fact]
    public void Rebuilding_what_is_there_already_gives_the_same_dictionary_and_hardly_any_garbage()
    {
        var before = Empty.With([.. Enumerable.Range(0, 100_000).Select(i => new DictionaryEdit<int, string>(i, "v"))]);
        KeyValuePair<int, string>[] entries = [.. before.Reverse()];
        Assert.Same(before, before.Rebuild(entries));

        // A bit an entry, and where each block starts.
        Assert.InRange(Allocations.Of(() => before.Rebuild(entries)), 0, 20_000);
    }

    [Fact]
    public void A_key_that_is_there_stays_the_object_it_was()
    {
        var key = new string("key");
        var table = new PackedDictionary<string, int>(StringComparer.Ordinal).With([new(key, 1)]);

        table = table.With([new(new string("key".AsSpan()), 2)]);

        Assert.Same(key, Assert.Single(table).Key);
        Assert.Equal(2, table["key"]);
    }

    [Fact]
    public void A_key_that_is_not_there_is_named()
    {
        Assert.Contains("17", Assert.Throws<KeyNotFoundException>(() => Empty[17]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_edit_of_a_large_table_makes_little_garbage()
    {
        var table = Empty.With([.. Enumerable.Range(0, 100_000).Select(i => new DictionaryEdit<int, string>(i, "v"))]);
        DictionaryEdit<int, string>[] edit = [new(50_000, "w")];

        // The list of blocks twice, a block, and what it is written in.
        Assert.InRange(Allocations.Of(() => table.With(edit)), 0, 32_000);
    }
}
