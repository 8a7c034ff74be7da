using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Metrics;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>
/// The one reader that does all kernel work: requests first come, first served, and between them what was marked dirty. Everything is level-triggered:
/// a mark says only that something is to be compared.
/// </summary>
internal sealed class KernelLoop : IAsyncDisposable
{
    private static readonly TimeSpan MinimumGap = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ResyncEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(10);
    private readonly Channel<Task?> _work = Channel.CreateUnbounded<Task?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly NodeKernel _kernel;
    private readonly Func<bool> _mayRemove;
    private readonly ProblemBoard _problems;
    private readonly AgentMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HeapSweeper _heap = new();
    private readonly Task _reader;
    private ClusterChange? _dirty;
    private bool _resyncDue = true;
    private long _lastResync;
    private long _lastSweep;
    private TimeSpan _retry = FirstRetry;
    private long _notBefore;

    /// <summary>Starts the loop; the first thing it does is a resync.</summary>
    /// <param name="kernel">The kernel work.</param>
    /// <param name="mayRemove">False while not every source was listed once: nothing is removed then.</param>
    /// <param name="problems">Told when the kernel is not as wanted.</param>
    /// <param name="metrics">Told of reconciles.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public KernelLoop(NodeKernel kernel, Func<bool> mayRemove, ProblemBoard problems, AgentMetrics metrics, TimeProvider time, ILogger log)
    {
        _kernel = kernel;
        _mayRemove = mayRemove;
        _problems = problems;
        _metrics = metrics;
        _time = time;
        _log = log;
        _lastSweep = time.GetTimestamp();
        _reader = Task.Run(ReadAsync);
    }

    /// <summary>When the last reconcile or resync ended well; null before the first.</summary>
    public DateTimeOffset? LastReconcile { get; private set; }

    /// <summary>Has the loop do something when its turn comes.</summary>
    /// <typeparam name="T">What it answers.</typeparam>
    public Task<T> RunAsync<T>(Func<NodeKernel, T> work)
    {
        // Whatever the work throws, who asked gets it, and the loop goes on with the next.
        var answer = new Task<T>(() => work(_kernel), TaskCreationOptions.RunContinuationsAsynchronously);
        return _work.Writer.TryWrite(answer) ? answer : Task.FromException<T>(new OperationCanceledException("the daemon is stopping"));
    }

    /// <summary>Has the loop do something when its turn comes.</summary>
    public Task RunAsync(Action<NodeKernel> work) => RunAsync(kernel =>
    {
        work(kernel);
        return true;
    });

    /// <summary>Says that something changed.</summary>
    public void Mark(ClusterChange change)
    {
        if (change == ClusterChange.OfPolicies)
        {
            // Nothing of what the loop writes follows from them.
            return;
        }

        lock (_gate)
        {
            _dirty = _dirty is null
                ? change
                : new ClusterChange(_dirty.Everything || change.Everything, _dirty.Endpoints.AddRange(change.Endpoints), false, _dirty.Services || change.Services);
            if (_dirty.Everything)
            {
                _dirty = _dirty with { Endpoints = [] };
            }
        }

        _work.Writer.TryWrite(null);
    }

    /// <summary>Makes the maps agree with what is known right now. For work that the loop does, and nobody else.</summary>
    public void CatchUp()
    {
        if (TakeDirty() is not { } change)
        {
            return;
        }

        if (!_kernel.Reconcile(change))
        {
            Mark(change);
        }
        else if (!_resyncDue)
        {
            // What a turn could not do was part of it.
            _problems.Set(LoopTopics.Datapath, null);
        }
    }

    /// <summary>Compares everything with the kernel, now.</summary>
    public async Task ResyncAsync() => await RunAsync(_ => Resync());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _stop.CancelAsync();
        await _reader;
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var reader = _work.Reader;
        while (true)
        {
            while (reader.TryRead(out var work))
            {
                work?.RunSynchronously(TaskScheduler.Default);
            }

            if (reader.Completion.IsCompleted)
            {
                return;
            }

            var wait = Due();
            if (wait <= TimeSpan.Zero)
            {
                Turn();
                continue;
            }

            await WaitAsync(reader, wait);
        }
    }

    private async Task WaitAsync(ChannelReader<Task?> reader, TimeSpan wait)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timer.CancelAfter(wait);
        try
        {
            await reader.WaitToReadAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            // It is time for the next turn, or to stop.
        }
    }

    /// <summary>How long until a sweep, a resync or a dirty reconcile is due.</summary>
    private TimeSpan Due()
    {
        var now = _time.GetTimestamp();
        var resync = _resyncDue ? TimeSpan.Zero : ResyncEvery - _time.GetElapsedTime(_lastResync, now);
        lock (_gate)
        {
            if (_dirty is not null)
            {
                resync = TimeSpan.Zero;
            }
        }

        var gap = _notBefore == 0 ? TimeSpan.Zero : _time.GetElapsedTime(now, _notBefore);
        var work = resync > gap ? resync : gap;
        return _kernel.SweepEvery is { } every && every - _time.GetElapsedTime(_lastSweep, now) is var sweep && sweep < work ? sweep : work;
    }

    private void Turn()
    {
        var began = _time.GetTimestamp();
        if (_kernel.SweepEvery is { } every && _time.GetElapsedTime(_lastSweep, began) >= every)
        {
            // Before what may fail over and over: the rest is due still, now or when its gap is over.
            _kernel.Sweep();
            _lastSweep = began;
        }
        else if (_resyncDue || _time.GetElapsedTime(_lastResync, began) >= ResyncEvery)
        {
            _resyncDue = !Attempt(() => Resync());

            // Nobody waited when this turn began, and it comes at most twice a minute.
            _heap.Sweep();
        }
        else if (TakeDirty() is { } change && !Attempt(() => Reconcile(change)))
        {
            Mark(change with { Everything = true, Endpoints = [] });
        }
        else
        {
            After(MinimumGap);
        }
    }

    private bool Attempt(Func<bool> work)
    {
        string reason;
        try
        {
            if (work())
            {
                _retry = FirstRetry;
                _problems.Set(LoopTopics.Datapath, null);
                After(MinimumGap);
                return true;
            }

            reason = "some changes were refused";
        }
        catch (Exception e) when (e is KernelException or IOException or InvalidOperationException)
        {
            reason = e.Message;
        }

        _metrics.ReconcileFailed();
        _problems.Set(LoopTopics.Datapath, $"the kernel could not be made as wanted and is tried again: {reason}");
        LoopLog.ReconcileFailed(_log, _retry, reason);
        After(_retry);
        _retry = _retry * 2 > LastRetry ? LastRetry : _retry * 2;
        return false;
    }

    private bool Reconcile(ClusterChange change)
    {
        var began = _time.GetTimestamp();
        var good = _kernel.Reconcile(change);
        Ended(began);
        LoopLog.Reconciled(_log, _time.GetElapsedTime(began));
        return good;
    }

    private bool Resync()
    {
        var began = _time.GetTimestamp();
        TakeDirty();
        var good = _kernel.Resync(_mayRemove());
        _lastResync = _time.GetTimestamp();
        _resyncDue = !good;
        Ended(began);
        if (_log.IsEnabled(LogLevel.Debug))
        {
            LoopLog.Resynced(_log, _time.GetElapsedTime(began), _kernel.Pods.Count, _kernel.Current.Endpoints.Count);
        }

        return good;
    }

    private void Ended(long began)
    {
        LastReconcile = _time.GetUtcNow();
        _metrics.Reconciled(_time.GetElapsedTime(began));
    }

    private void After(TimeSpan gap) => _notBefore = _time.GetTimestamp() + (long)(gap.TotalSeconds * _time.TimestampFrequency);

    private ClusterChange? TakeDirty()
    {
        lock (_gate)
        {
            (var change, _dirty) = (_dirty, null);
            return change;
        }
    }
}
