using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Observing;

/// <summary>
/// Shows clients packets that are dropped, and accepted flows to those who ask. The datapath shows them only while somebody observes; all who do share what it shows.
/// </summary>
/// <remarks>
/// What is lost is what was counted and not shown. A drop is counted before it is shown, so the count that is compared with what was taken is one that was read a round before: what it has is shown by now,
/// or never will be.
/// </remarks>
/// <param name="events">The datapath's events.</param>
/// <param name="drops">How many packets the datapath has dropped.</param>
/// <param name="policies">Knows who has which address, and what policies' numbers mean.</param>
/// <param name="pods">This node's pods.</param>
/// <param name="log">The log.</param>
internal sealed class PacketObservers(IFlowEvents events, Func<long> drops, PolicyEngine policies, Func<ImmutableDictionary<PodKey, Pod>> pods, ILogger log) : IAsyncDisposable
{
    // The datapath holds some thousand; this makes some ten thousand a second of them.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NamesLast = TimeSpan.FromSeconds(5);
    private const int MostAtOnce = 4096;
    private const int MostInFrame = 256;

    private readonly Lock _gate = new();
    private readonly List<Observer> _observers = [];
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<PlaneAddress, AttemptEnd> _owners = [];
    private Task _worker = Task.CompletedTask;
    private FlowEventKinds _kinds;
    private long _namesSince;
    private long _base;
    private long _counted;
    private long _taken;
    private long _lost;

    /// <summary>Begins. A daemon that was killed while somebody observed may have left the datapath showing packets.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void Start()
    {
        events.Observe(FlowEventKinds.None);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Serves a client until it closes.</summary>
    /// <param name="asked">What it asked for.</param>
    /// <param name="send">Sends one answer.</param>
    /// <param name="closed">Cancelled when the client closed or the daemon stops.</param>
    public async Task ServeAsync(NodeRequest.Observe asked, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed)
    {
        Observer? observer = null;
        try
        {
            observer = Add(asked);
            var told = -1L;
            while (true)
            {
                var some = ImmutableArray.CreateBuilder<ObservedPacket>();
                while (some.Count < MostInFrame && observer.Packets.TryRead(out var packet))
                {
                    some.Add(packet);
                }

                if (some.Count > 0 || observer.Lost != told)
                {
                    told = observer.Lost;
                    await send(new NodeReply.Observed(some.ToImmutable(), told), closed);
                    continue;
                }

                if (!await MoreAsync(observer, closed))
                {
                    return;
                }
            }
        }
        catch (KernelException e)
        {
            await send(new NodeReply.Refused(NodeErrorCode.Internal, $"packets cannot be observed: {e.Message}"), closed);
        }
        finally
        {
            if (observer is not null)
            {
                lock (_gate)
                {
                    _observers.Remove(observer);
                }

                Signal();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Switch(FlowEventKinds.None);
        _stop.Dispose();
        _due.Dispose();
    }

    // True when there is something, or may be something to say of what is lost.
    private static async Task<bool> MoreAsync(Observer observer, CancellationToken closed)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(closed);
        limit.CancelAfter(Interval * 2);
        try
        {
            return await observer.Packets.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!closed.IsCancellationRequested)
        {
            return true;
        }
    }

    private Observer Add(NodeRequest.Observe asked)
    {
        Observer observer;
        lock (_gate)
        {
            observer = new(asked, _lost);
            Switch(FlowEventKinds.Drops | (asked.Flows ? FlowEventKinds.Flows : _kinds));
            _observers.Add(observer);
        }

        Signal();
        return observer;
    }

    private void Signal()
    {
        lock (_gate)
        {
            if (_due.CurrentCount == 0 && !_stop.IsCancellationRequested)
            {
                _due.Release();
            }
        }
    }

    private FlowEventKinds Wanted() => _observers.Count == 0 ? FlowEventKinds.None : FlowEventKinds.Drops | (_observers.Any(one => one.WantsFlows) ? FlowEventKinds.Flows : FlowEventKinds.None);

    // Under the lock. To none only by the worker, between its rounds.
    private void Switch(FlowEventKinds kinds)
    {
        if (kinds == _kinds)
        {
            return;
        }

        if (_kinds == FlowEventKinds.None)
        {
            // What is left of those who observed before.
            while (events.TakeEvent() is not null)
            {
            }
        }

        events.Observe(kinds);
        if (_kinds == FlowEventKinds.None)
        {
            // What was lost before stays so.
            _counted = drops();
            (_base, _taken) = (_counted - _lost, 0);
        }

        _kinds = kinds;
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            ImmutableArray<Observer> observers = [];
            try
            {
                // In one step: who comes while there is a round then finds that the datapath shows packets, and neither empties the queue nor begins to count anew beside it.
                lock (_gate)
                {
                    observers = [.. _observers];
                    Switch(Wanted());
                }

                if (!observers.IsEmpty)
                {
                    await RoundAsync(observers);
                }
            }
            catch (KernelException e)
            {
                ObserveLog.Failed(log, e.Message);
                lock (_gate)
                {
                    _observers.RemoveAll(observers.Contains);
                }

                foreach (var observer in observers)
                {
                    observer.End(e);
                }
            }

            await _due.WaitAsync(observers.IsEmpty ? Timeout.InfiniteTimeSpan : Interval, _stop.Token);
        }
    }

    private async Task RoundAsync(ImmutableArray<Observer> observers)
    {
        var counted = drops();
        List<FlowEvent> shown = [];
        while (shown.Count < MostAtOnce && events.TakeEvent() is { } one)
        {
            shown.Add(one);
        }

        foreach (var packet in await TellAsync(shown))
        {
            foreach (var observer in observers)
            {
                observer.Show(packet);
            }
        }

        _taken += shown.Count(one => one.Kind == FlowEventKind.Drop);

        // With a full round there may be more of what was counted.
        if (shown.Count < MostAtOnce)
        {
            lock (_gate)
            {
                _lost = Math.Max(_lost, _counted - _base - _taken);
            }

            _counted = counted;
        }

        foreach (var observer in observers)
        {
            observer.LostUntilNow(_lost);
        }
    }

    private async Task<IEnumerable<ObservedPacket>> TellAsync(List<FlowEvent> shown)
    {
        if (shown.Count == 0)
        {
            return [];
        }

        var now = pods();
        Attachment[] attachments = [.. now.Values.SelectMany(pod => pod.Attachments)];
        SeenPacket[] seen = [.. shown.Select(one => SeenPacket.Of(one, attachments))];
        if (TimeProvider.System.GetElapsedTime(_namesSince) > NamesLast)
        {
            _owners.Clear();
            _namesSince = TimeProvider.System.GetTimestamp();
        }

        var unknown = seen.SelectMany(one => one.Addresses()).Where(address => !_owners.ContainsKey(address)).ToHashSet();
        if (unknown.Count > 0)
        {
            foreach (var (address, owner) in await policies.AskAsync(facts => facts.EndsAt(unknown)))
            {
                _owners[address] = owner;
            }
        }

        // Both clocks are CLOCK_MONOTONIC.
        var booted = TimeProvider.System.GetUtcNow() - TimeProvider.System.GetElapsedTime(0);
        return seen.Select(one => PacketText.Of(one, _owners, now, policies.Denied.Find, booted + one.Event.Time));
    }
}
