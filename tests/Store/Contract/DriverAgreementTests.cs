using System.Text;
using CsCheck;
using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Contract;

/// <summary>Random transactions on both drivers and on a dictionary: all three agree on what succeeds and on what is there after.</summary>
public sealed class DriverAgreementTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private static readonly string[] Keys = ["a", "a/", "a/b", "b", "é", "z"];

    private static readonly Gen<string> AnyKey = Gen.Int[0, 5].Select(i => Keys[i]);

    // 0: must be missing; 1: unchanged as it is; 2: created when it was; 3: a revision it never had; 4: the value it holds; 5: one that it does not.
    private static readonly Gen<(string Key, int Kind)> AnyCompare = Gen.Select(AnyKey, Gen.Int[0, 5], (key, kind) => (key, kind));

    // No value stands for a deletion.
    private static readonly Gen<(string Key, string? Value)> AnyWrite =
        Gen.Select(AnyKey, Gen.OneOf(Gen.Const((string?)null), Gen.String[Gen.Char.AlphaNumeric, 0, 5].Select(text => (string?)text)), (key, value) => (key, value));

    private static readonly Gen<((string Key, int Kind)[] Compares, (string Key, string? Value)[] Writes)[]> AnyHistory =
        Gen.Select(AnyCompare.Array[0, 2], AnyWrite.Array[0, 4], (compares, writes) => (compares, writes.DistinctBy(write => write.Key).ToArray())).Array[1, 25];

    [Fact]
    public async Task Both_drivers_do_what_a_dictionary_with_revisions_does()
    {
        var directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;
        await using (var etcd = server.Open())
        await using (var embedded = EmbeddedStore.Open(Path.Combine(directory, "state.db")))
        {
            await AnyHistory.SampleAsync(
                async history =>
                {
                    var prefix = $"/agree/{Guid.NewGuid():n}/";
                    Assert.Equal(Model(history), await RunAsync(etcd, prefix, history));
                    Assert.Equal(Model(history), await RunAsync(embedded, prefix, history));
                },
                iter: 100,
                threads: 1);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static List<string> Model(((string Key, int Kind)[] Compares, (string Key, string? Value)[] Writes)[] history)
    {
        var log = new List<string>();
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (compares, writes) in history)
        {
            // Unchanged or created when it was always holds, for a missing key too (revision 0).
            var holds = compares.All(compare => compare.Kind switch { 0 => !state.ContainsKey(compare.Key), 3 or 5 => false, 4 => state.ContainsKey(compare.Key), _ => true });
            foreach (var (key, value) in holds ? writes : [])
            {
                if (value is null)
                {
                    state.Remove(key);
                }
                else
                {
                    state[key] = value;
                }
            }

            log.Add($"{holds} {string.Join(' ', state.Select(pair => $"{pair.Key}={pair.Value}"))}");
        }

        return log;
    }

    private static async Task<List<string>> RunAsync(
        IStateStore store, string prefix, ((string Key, int Kind)[] Compares, (string Key, string? Value)[] Writes)[] history)
    {
        var log = new List<string>();
        await using var follower = new Follower(store, prefix);
        await follower.NextAsync<StoreEvent.Snapshot>();
        foreach (var (compares, writes) in history)
        {
            var current = (await store.ListAsync(prefix)).Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
            var result = await store.CommitAsync(new(
                [.. compares.Select(compare => Compare(prefix + compare.Key, compare.Kind, current.GetValueOrDefault(prefix + compare.Key)))],
                [.. writes.Select(write => Write(prefix + write.Key, write.Value))]));
            var after = await store.ListAsync(prefix);
            log.Add($"{result.Succeeded} {string.Join(' ', after.Entries.Select(entry => $"{entry.Key[prefix.Length..]}={Encoding.UTF8.GetString(entry.Value.Span)}"))}");
        }

        var last = await store.CommitAsync(new([], [Write(prefix + "~", "end")]));
        await follower.UntilAsync(f => f.Revision >= last.Revision);
        var end = await store.ListAsync(prefix);
        Assert.Equal(end.Entries.Select(entry => (entry.Key, Encoding.UTF8.GetString(entry.Value.Span))), follower.State.Select(pair => (pair.Key, pair.Value)));
        return log;
    }

    private static StoreCompare Compare(string key, int kind, StoreEntry? entry) => kind switch
    {
        0 => StoreCompare.Missing(key),
        1 => StoreCompare.Unchanged(key, entry?.ModRevision ?? 0),
        2 => new(key, CompareTarget.CreateRevision, entry?.CreateRevision ?? 0),
        3 => StoreCompare.Unchanged(key, long.MaxValue),
        4 => StoreCompare.Holds(key, entry?.Value ?? default),
        _ => StoreCompare.Holds(key, (byte[])[.. entry?.Value.ToArray() ?? [], 0]),
    };

    private static StoreOperation Write(string key, string? value) =>
        value is null ? new StoreOperation.Delete(key) : new StoreOperation.Put(key, Encoding.UTF8.GetBytes(value));
}
