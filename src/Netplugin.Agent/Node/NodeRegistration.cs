using Microsoft.Extensions.Logging;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Node;

/// <summary>
/// Tells the cluster of this node: its record, which outlives the daemon, and its status, which lives by a lease and so says that the daemon runs.
/// </summary>
internal sealed class NodeRegistration : IAsyncDisposable
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinimumGap = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);
    private readonly IStateStore _store;
    private readonly NodeRegistry _registry;
    private readonly ClusterFollower _follower;
    private readonly NodeIdentity _identity;
    private readonly LeasedBlocks? _leases;
    private readonly Func<NodeStatus> _status;
    private readonly Action _identityChanged;
    private readonly string _version;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Timer _quiet;
    private Task _worker = Task.CompletedTask;
    private IStoreLease? _lease;
    private NodeRecord? _written;
    private TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _wasFollowing;
    private long _acceptances;

    /// <summary>Makes the registration; <see cref="Start"/> begins.</summary>
    /// <param name="store">The store.</param>
    /// <param name="registry">The nodes' records in it.</param>
    /// <param name="follower">Says whether anything may be written.</param>
    /// <param name="identity">What to write.</param>
    /// <param name="leases">Leases the node's blocks; null: they are given.</param>
    /// <param name="status">How the node is.</param>
    /// <param name="identityChanged">Told when the node's facts are others.</param>
    /// <param name="version">The daemon's version.</param>
    /// <param name="log">The log.</param>
    public NodeRegistration(
        IStateStore store, NodeRegistry registry, ClusterFollower follower, NodeIdentity identity, LeasedBlocks? leases, Func<NodeStatus> status,
        Action identityChanged, string version, ILogger log)
    {
        (_store, _registry, _follower, _identity, _leases) = (store, registry, follower, identity, leases);
        (_status, _identityChanged, _version, _log) = (status, identityChanged, version, log);
        _quiet = new Timer(_ => Signal());
    }

    /// <summary>True once the other nodes can know where this node's tunnel ends.</summary>
    public bool IsRegistered => Volatile.Read(ref _registered).Task.IsCompleted;

    /// <summary>Waits until this node is registered: a pod that is attached before that could not be answered by pods of other nodes.</summary>
    public Task WhenRegisteredAsync(CancellationToken cancellationToken) => Volatile.Read(ref _registered).Task.WaitAsync(cancellationToken);

    /// <summary>
    /// Says that the store may be followed now, or not any more, or that it says something else; registers at once when that begins, and when a block that
    /// this node waits for may be free.
    /// </summary>
    public void ViewChanged(ClusterChange change)
    {
        var following = _follower.IsFollowing;
        if (following && (!_wasFollowing || (change.Everything && _leases is { IsDue: true })))
        {
            Signal();
        }

        _wasFollowing = following;
    }

    /// <summary>Begins to register.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>Says that the status may have changed: it is written when requests have come to a rest, so that it holds none of them up.</summary>
    public void StatusChanged() => _quiet.Change(QuietTime, Timeout.InfiniteTimeSpan);

    /// <summary>Says that the node's record is another: the other nodes are to know at once.</summary>
    public void IdentityChanged() => Signal();

    private void Signal()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
            {
                _due.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _quiet.DisposeAsync();
        await _stop.CancelAsync();
        await _worker;
        if (_lease is not null)
        {
            try
            {
                await _lease.DisposeAsync();
            }
            catch (StoreException e)
            {
                NodeLog.RegistrationFailed(_log, e.Message);
            }
        }

        _stop.Dispose();
        _due.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                if (await _identity.RefreshAsync(_stop.Token))
                {
                    _identityChanged();
                }

                var good = await TryAsync(_stop.Token);
                _follower.SaveMemory();
                await Task.Delay(MinimumGap, _stop.Token);
                await _due.WaitAsync(good ? Every : Retry, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        // Nothing is written to a store that is held back: a wiped one must look wiped until an operator spoke.
        try
        {
            var content = _follower.Cluster?.ClusterId;
            if (!await _follower.VerifyAsync(cancellationToken))
            {
                return false;
            }

            await RegisterAsync(content, cancellationToken);

            // A leased block is its holder's for as long as that is known, also while it is down.
            if (_leases is null)
            {
                await ForgetFormerHoldersAsync(cancellationToken);
            }

            return true;
        }
        catch (StoreException e)
        {
            _written = null;
            NodeLog.RegistrationFailed(_log, e.Message);
            return false;
        }
    }

    private async Task RegisterAsync(Guid? content, CancellationToken cancellationToken)
    {
        var facts = _identity.Facts;
        if (_lease is null || _lease.Lost.IsCancellationRequested || _acceptances != _follower.Acceptances)
        {
            if (_acceptances != _follower.Acceptances && IsRegistered)
            {
                Volatile.Write(ref _registered, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            _acceptances = _follower.Acceptances;
            _written = null;
            if (_lease is not null)
            {
                await _lease.DisposeAsync();
            }

            _lease = null;
            _lease = await _store.GrantLeaseAsync(LeaseTime, cancellationToken);
        }

        var record = new NodeRecord(facts.Host, facts.Vtep, facts.UnderlayMtu, _version)
        {
            SecondAddress = facts.SecondAddress,
            Blocks = [.. facts.Blocks.Select(block => block.Prefix)],
        };
        if (record != _written || _leases is { IsDue: true })
        {
            _written = await WriteAsync(record, content, cancellationToken);
        }

        // Somebody who took the node for gone may have removed its record: then it is not alive before it is written again.
        var result = await _store.CommitAsync(
            new StoreTransaction(
                [StoreCompare.Holds(StoreKeys.Node(facts.Host), RecordCodec.Encode(_written))],
                [new StoreOperation.Put(StoreKeys.NodeAlive(facts.Host), RecordCodec.Encode(_status()), _lease)]), cancellationToken);
        if (!result.Succeeded)
        {
            throw new StoreException("register", StoreFailure.Refused, "the node's record was removed, as by netdcli node forget; it is written again");
        }

        _registered.TrySetResult();
    }

    /// <summary>
    /// Takes out the records of nodes that had this node's block and do not live. A machine that was taken out of the cluster cannot do it itself, and
    /// Kubernetes gives its block to another; while both have it, the others cannot tell where it is. A daemon that is only away writes its record again.
    /// </summary>
    private async Task ForgetFormerHoldersAsync(CancellationToken cancellationToken)
    {
        foreach (var host in HostPlane.Rivals(_follower.View, _identity.Facts).SelectMany(rival => rival.Nodes).Distinct())
        {
            if (await _registry.RemoveAsync(host, cancellationToken))
            {
                NodeLog.FormerHolderForgotten(_log, host);
            }
        }
    }

    private async Task<NodeRecord> WriteAsync(NodeRecord record, Guid? content, CancellationToken cancellationToken)
    {
        if (_leases is null)
        {
            await _registry.WriteAsync(record, cancellationToken);
            return record;
        }

        var (written, isNew) = await _leases.LeaseAsync(record, content, cancellationToken);
        if (isNew)
        {
            _identityChanged();
        }

        return written;
    }
}
