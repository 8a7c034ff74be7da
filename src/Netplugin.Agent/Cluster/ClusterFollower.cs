using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Core.Model;
using Netplugin.Store;

namespace Netplugin.Agent.Cluster;

/// <summary>
/// Keeps the <see cref="ClusterView"/>: follows what this node needs of the store, and only the endpoints of networks that are present here.
/// A store that was wiped, restored or exchanged is not followed (<see cref="StoreGuard"/>): the view then stays as it was.
/// </summary>
internal sealed partial class ClusterFollower : IAsyncDisposable
{
    private readonly IStateStore _store;
    private readonly StoreMemoryFile _memoryFile;
    private readonly StoreHealth _health;
    private readonly Action<ClusterChange> _changed;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ViewParts _parts;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, string> _unreadable = new(StringComparer.Ordinal);
    private readonly Dictionary<NetworkId, CancellationTokenSource> _networks = [];
    private readonly ConcurrentDictionary<NetworkId, TaskCompletionSource> _listed = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private ImmutableHashSet<NetworkId> _wantedNetworks = [];
    private CancellationTokenSource? _epoch;
    private StoreMemory? _memory;
    private ClusterRecord? _cluster;
    private ClusterView _view = ClusterView.Unknown;
    private string? _held;
    private long _acceptances;
    private long _acceptedAt;
    private long _verifiedLosses;

    /// <summary>Makes the follower; <see cref="Start"/> begins to follow.</summary>
    /// <param name="store">The store.</param>
    /// <param name="me">This node's host label.</param>
    /// <param name="memoryFile">What was remembered of the store.</param>
    /// <param name="health">Told of every answer and failure.</param>
    /// <param name="changed">Told of every change of the view, from any thread; must not block.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="InvalidDataException">What was remembered is damaged.</exception>
    public ClusterFollower(
        IStateStore store, string me, StoreMemoryFile memoryFile, StoreHealth health, Action<ClusterChange> changed, TimeProvider time, ILogger log)
    {
        _store = store;
        Me = me;
        _memoryFile = memoryFile;
        _health = health;
        _changed = changed;
        _time = time;
        _log = log;
        _parts = new ViewParts(me, ReportValue);
        _memory = memoryFile.Read();
    }

    /// <summary>This node's host label.</summary>
    public string Me { get; }

    /// <summary>What is known now.</summary>
    public ClusterView View => Volatile.Read(ref _view);

    /// <summary>Why the store is not followed, for the operator; null while it is.</summary>
    public string? Held => Volatile.Read(ref _held);

    /// <summary>
    /// True once the store answered and nothing speaks against following it, and it was looked at again since the connection was lost: only then may
    /// anything be written, since a write would raise the revision of a store that came back older and so hide that.
    /// </summary>
    public bool IsFollowing
    {
        get
        {
            lock (_gate)
            {
                return _epoch is not null && Volatile.Read(ref _verifiedLosses) == _health.Losses;
            }
        }
    }

    /// <summary>Looks at the store's identity if the connection was lost since the last look.</summary>
    /// <returns><see cref="IsFollowing"/> afterwards.</returns>
    /// <exception cref="StoreException">The store does not answer.</exception>
    public async Task<bool> VerifyAsync(CancellationToken cancellationToken)
    {
        bool due;
        lock (_gate)
        {
            due = _epoch is not null && _held is null && Volatile.Read(ref _verifiedLosses) != _health.Losses;
        }

        return due ? await ReadSameStoreAsync(cancellationToken) is not null && IsFollowing : IsFollowing;
    }

    /// <summary>
    /// True for a while after a reset was accepted: the other nodes write themselves and their bindings anew, so what is missing is not gone.
    /// </summary>
    public bool IsSettling => Interlocked.Read(ref _acceptedAt) is var at and not 0 && _time.GetElapsedTime(at) < SettlingTime;

    /// <summary>How often an operator accepted a reset while this daemon ran.</summary>
    public long Acceptances => Interlocked.Read(ref _acceptances);

    /// <summary>The store's identity; null while it was never written, or before the first answer.</summary>
    public ClusterRecord? Cluster => Volatile.Read(ref _cluster);

    /// <summary>Values in the store that cannot be read, a sentence each.</summary>
    public ImmutableArray<string> Unreadable => [.. _unreadable.Values.Order(StringComparer.Ordinal)];

    /// <summary>Begins to follow.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _tasks.Add(Task.Run(() => FollowIdentityAsync(_stop.Token), _stop.Token));
        }
    }

    /// <summary>Follows the endpoints of exactly these networks from now on.</summary>
    public void FollowNetworks(ImmutableHashSet<NetworkId> networks)
    {
        lock (_gate)
        {
            _wantedNetworks = networks;
            AdjustNetworks();
        }
    }

    /// <summary>
    /// Waits until a network's endpoints were listed since it is followed. The network must have been named in
    /// <see cref="FollowNetworks"/>; when it no longer is, the wait is cancelled.
    /// </summary>
    public Task WhenListedAsync(NetworkId network, CancellationToken cancellationToken) =>
        View.Endpoints.ContainsKey(network) ? Task.CompletedTask : Listed(network).Task.WaitAsync(cancellationToken);

    /// <summary>Writes what is remembered of the store to the state directory, if it changed.</summary>
    public void SaveMemory()
    {
        lock (_gate)
        {
            // A held-back store's revision is not progress.
            if (_memory is not null && _held is null)
            {
                _memory = _memory with
                {
                    Revision = Math.Max(_memory.Revision, _health.Report.Revision),
                    Post = Math.Max(_memory.Post, View.Post ?? 0),
                };
            }

            if (_memory is not null)
            {
                _memoryFile.Write(_memory);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task[] tasks;
        lock (_gate)
        {
            tasks = [.. _tasks];
        }

        await _stop.CancelAsync();
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _epoch?.Dispose();
        _stop.Dispose();
    }

    private TaskCompletionSource Listed(NetworkId network) =>
        _listed.GetOrAdd(network, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private void ReportValue(string key, string? problem)
    {
        if (problem is null)
        {
            _unreadable.TryRemove(key, out _);
        }
        else if (!_unreadable.TryGetValue(key, out var known) || known != problem)
        {
            _unreadable[key] = problem;
            FollowerLog.Unreadable(_log, problem);
        }
    }

    private void BeginEpoch()
    {
        if (_epoch is not null)
        {
            return;
        }

        _epoch = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        FollowedPrefix[] prefixes =
        [
            new(FollowedKind.Intent, StoreKeys.Intent), new(FollowedKind.Nodes, StoreKeys.Nodes), new(FollowedKind.Homes, StoreKeys.HomesOf(Me)),
        ];
        foreach (var prefix in prefixes)
        {
            var epoch = _epoch.Token;
            _tasks.Add(Task.Run(() => FollowAsync(prefix, epoch), epoch));
        }

        AdjustNetworks();
    }

    private void EndEpoch()
    {
        _epoch?.Cancel();
        _epoch?.Dispose();
        _epoch = null;
        UnfollowNetworks();
        _tasks.RemoveAll(t => t.IsCompleted);
    }

    private void UnfollowNetworks()
    {
        foreach (var followed in _networks.Values)
        {
            followed.Cancel();
            followed.Dispose();
        }

        _networks.Clear();
    }

    private void AdjustNetworks()
    {
        if (_epoch is null || View.Post is null)
        {
            return;
        }

        foreach (var network in _networks.Keys.Where(n => !_wantedNetworks.Contains(n)).ToArray())
        {
            _networks.Remove(network, out var followed);
            followed!.Cancel();
            followed.Dispose();
            if (_listed.TryRemove(network, out var listed))
            {
                listed.TrySetCanceled(CancellationToken.None);
            }
        }

        // Also what was followed before the store was held back.
        foreach (var network in _view.Endpoints.Keys.Where(n => !_wantedNetworks.Contains(n)))
        {
            Volatile.Write(ref _view, ViewParts.Without(_view, network));
        }

        foreach (var network in _wantedNetworks.Where(n => !_networks.ContainsKey(n)))
        {
            var followed = CancellationTokenSource.CreateLinkedTokenSource(_epoch.Token);
            _networks.Add(network, followed);
            var token = followed.Token;
            var prefix = new FollowedPrefix(FollowedKind.Endpoints, StoreKeys.EndpointsOf(network), network);
            _tasks.Add(Task.Run(() => FollowAsync(prefix, token), token));
        }

        _tasks.RemoveAll(t => t.IsCompleted);
    }

    private Task FollowAsync(FollowedPrefix prefix, CancellationToken cancellationToken) => ForEachAsync(prefix.Prefix, async happened =>
    {
        var post = 0L;
        if (happened is StoreEvent.Snapshot)
        {
            if (await ReadSameStoreAsync(cancellationToken) is not { } found)
            {
                return;
            }

            post = found.Post;
        }

        ClusterChange? change;
        lock (_gate)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            (var next, change) = _parts.Apply(_view, prefix, happened, post);
            Volatile.Write(ref _view, next);
            if (prefix.Kind == FollowedKind.Intent && happened is StoreEvent.Snapshot)
            {
                // A list of what posts say does not tell which posts there were: what networks have must be newer than it.
                UnfollowNetworks();
                AdjustNetworks();
            }
        }

        if (change is not null)
        {
            _changed(change);
        }

        // Whoever waits for the listing then finds the loop told of it already.
        if (prefix.Network is { } network && happened is StoreEvent.Snapshot)
        {
            Listed(network).TrySetResult();
        }
    }, cancellationToken);

    private async Task ForEachAsync(string prefix, Func<StoreEvent, Task> handle, CancellationToken cancellationToken)
    {
        // The store retries a lost connection itself; what ends the enumeration all the same is begun again.
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var happened in _store.FollowAsync(prefix, cancellationToken))
                {
                    Note(happened);
                    await handle(happened);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e) when (e.Reason == StoreFailure.Unreadable)
            {
                Hold(e.Message);
            }
            catch (StoreException e)
            {
                _health.Failed(e.Message);
                FollowerLog.FollowFailed(_log, prefix, e.Message);
            }

            await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(StoreEvent happened)
    {
        switch (happened)
        {
            case StoreEvent.Snapshot snapshot:
                _health.Answered(_held is null ? snapshot.State.Revision : 0);
                break;
            case StoreEvent.Changed changed:
                _health.Answered(_held is null ? changed.Revision : 0);
                break;
            case StoreEvent.Disconnected lost:
                _health.Failed(lost.Reason);
                FollowerLog.Disconnected(_log, lost.Reason);
                break;
            default:
                break;
        }
    }

    private static TimeSpan RetryDelay => TimeSpan.FromSeconds(1);

    // Longer than a node's registration takes to be tried again.
    private static TimeSpan SettlingTime => TimeSpan.FromSeconds(20);
}
