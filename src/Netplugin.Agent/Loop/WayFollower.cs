using Microsoft.Extensions.Logging;
using Netplugin.Linux;
using Netplugin.Linux.Links;

namespace Netplugin.Agent.Loop;

/// <summary>Has the loop look the ways to other nodes up again when the node's links, addresses or routes change.</summary>
internal sealed class WayFollower : IAsyncDisposable
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
    public WayFollower(KernelLoop loop, ILogger log)
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
        catch (KernelException e)
        {
            LoopLog.WaysNotWatched(_log, e.Message);
        }
    }

    // What fails now is done again with the next resync.
    private async Task RefreshAsync()
    {
        try
        {
            await _loop.RunAsync(kernel => kernel.RefreshWays());
        }
        catch (KernelException e)
        {
            LoopLog.WaysNotRefreshed(_log, e.Message);
        }
    }
}
