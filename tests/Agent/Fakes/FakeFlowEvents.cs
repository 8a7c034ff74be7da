using System.Collections.Concurrent;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A datapath that drops what a test says, counts it, and shows what its queue has room for while somebody observes.</summary>
internal sealed class FakeFlowEvents : IFlowEvents
{
    public const int Room = 100;
    private readonly ConcurrentQueue<FlowEvent> _queue = new();
    private long _drops;

    /// <summary>What is observed; drops, as a daemon that was killed left it.</summary>
    public FlowEventKinds Kinds { get; private set; } = FlowEventKinds.Drops;

    /// <summary>True: nothing can be taken.</summary>
    public bool IsBroken { get; set; }

    /// <summary>True: nothing is taken for now, as when the daemon is busy.</summary>
    public bool IsHeld { get; set; }

    public long Drops => Interlocked.Read(ref _drops);

    public void Show(FlowEvent one)
    {
        var kind = one.Kind == FlowEventKind.Drop ? FlowEventKinds.Drops : FlowEventKinds.Flows;
        if (kind == FlowEventKinds.Drops)
        {
            Interlocked.Increment(ref _drops);
        }

        if (Kinds.HasFlag(kind) && _queue.Count < Room)
        {
            _queue.Enqueue(one);
        }
    }

    public void Observe(FlowEventKinds kinds) => Kinds = kinds;

    public FlowEvent? TakeEvent() => IsBroken ? throw new KernelException("take from the map", "np_events", 12) : !IsHeld && _queue.TryDequeue(out var one) ? one : null;
}
