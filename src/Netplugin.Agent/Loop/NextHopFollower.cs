using Microsoft.Extensions.Logging;
using Netplugin.Linux;
using Netplugin.Linux.Links;

namespace Netplugin.Agent.Loop;

/// <summary>Has the loop look the other nodes' next hops up again when the node's links, addresses or routes change.</summary>
internal sealed class NextHopFollower : IAsyncDisposable
{
    /// <summary>A routing daemon may change hundreds of routes in a row.</summary>
    private static readonly TimeSpan MinimumGap = TimeSpan.FromMilliseconds(100);

    private readonly UnderlayWatcher _watcher = UnderlayWatcher.Start();
    private readonly KernelLoop _loop;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;

    /// <summary>Begins to watch the calling thread's namespace.</summary>
    /// <exception cref="KernelException">The kernel refuses the subscription.</exception>
    public NextHopFollower(KernelLoop loop, ILogger log)
    {
        (_loop, _log) = (loop, log);
        _worker = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker;
        _watcher.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (await _watcher.WaitAsync(_stop.Token))
            {
                await RefreshAsync();
                await Task.Delay(MinimumGap, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        catch (Exception e) when (e is KernelException or InvalidDataException)
        {
            LoopLog.NextHopsNotWatched(_log, e.Message);
        }
    }

    // What fails now is done again with the next resync.
    private async Task RefreshAsync()
    {
        try
        {
            await _loop.RunAsync(kernel => kernel.RefreshNextHops());
        }
        catch (KernelException e)
        {
            LoopLog.NextHopsNotRefreshed(_log, e.Message);
        }
    }
}
