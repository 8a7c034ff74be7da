using System.Text;
using Netplugin.Store;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Store.Fixtures;

/// <summary>Reads a follow step by step and keeps the state that follows from it, checking that nothing comes out of order.</summary>
internal sealed class Follower : IAsyncDisposable
{
    private readonly EndlessReader<StoreEvent> _events;

    public Follower(IStateStore store, string prefix) => _events = new(cancellation => store.FollowAsync(prefix, cancellation));

    public SortedDictionary<string, string> State { get; } = new(StringComparer.Ordinal);

    public long Revision { get; private set; }

    public int Snapshots { get; private set; }

    public int Losses { get; private set; }

    public async Task<StoreEvent> NextAsync()
    {
        var next = await _events.NextAsync();
        Apply(next);
        return next;
    }

    public async Task<T> NextAsync<T>()
        where T : StoreEvent => Assert.IsType<T>(await NextAsync());

    public async Task UntilAsync(Func<Follower, bool> holds)
    {
        while (!holds(this))
        {
            await NextAsync();
        }
    }

    public ValueTask DisposeAsync() => _events.DisposeAsync();

    private void Apply(StoreEvent next)
    {
        switch (next)
        {
            case StoreEvent.Snapshot { State: var snapshot }:
                Snapshots++;
                Revision = snapshot.Revision;
                State.Clear();
                foreach (var entry in snapshot.Entries)
                {
                    State.Add(entry.Key, Encoding.UTF8.GetString(entry.Value.Span));
                }

                break;
            case StoreEvent.Changed { Changes: var changes } changed:
                Assert.True(changes.IsEmpty || changed.Revision > Revision, $"revision {changed.Revision} came after {Revision}");
                Revision = Math.Max(Revision, changed.Revision);
                foreach (var change in changes)
                {
                    if (change.Entry is { } entry)
                    {
                        State[change.Key] = Encoding.UTF8.GetString(entry.Value.Span);
                    }
                    else
                    {
                        State.Remove(change.Key);
                    }
                }

                break;
            default:
                Losses++;
                break;
        }
    }
}
