using Microsoft.Extensions.Logging;
using Netplugin.Agent.Kernel;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>
/// Deletes retired links behind the requests' backs: one deletion blocks for tens of milliseconds, whatever the number of links. It begins when the
/// request that retired them was surely answered, since it keeps a processor busy and others from the kernel's lock; or at once, if somebody waits for it.
/// </summary>
internal sealed class RetiredLinks : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);
    private readonly ILinks _links;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(0);
    private readonly SemaphoreSlim _awaited = new(0);
    private readonly Lock _gate = new();
    private readonly Task _worker;
    private TaskCompletionSource? _next;

    /// <summary>Starts the worker; it begins with what an earlier daemon left.</summary>
    public RetiredLinks(ILinks links, ILogger log)
    {
        _links = links;
        _log = log;
        _worker = Task.Run(WorkAsync);
        Signal();
    }

    /// <summary>Says that links were retired.</summary>
    public void Signal() => _ = Next(awaited: false);

    /// <summary>Waits until every link that is retired now was deleted: before an interface of the same name is made in the same pod.</summary>
    public Task WhenDeletedAsync(CancellationToken cancellationToken) => Next(awaited: true).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker;
        _stop.Dispose();
        _due.Dispose();
        _awaited.Dispose();
    }

    private Task Next(bool awaited)
    {
        lock (_gate)
        {
            if (_next is null)
            {
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _due.Release();
            }

            if (awaited)
            {
                _awaited.Release();
            }

            return _next.Task;
        }
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _due.WaitAsync(_stop.Token);
                await _awaited.WaitAsync(Rest, _stop.Token);
                TaskCompletionSource waiting;
                lock (_gate)
                {
                    (waiting, _next) = (_next!, null);
                }

                await DeleteAsync();
                waiting.TrySetResult();
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task DeleteAsync()
    {
        while (true)
        {
            try
            {
                _links.DeleteRetired();
                return;
            }
            catch (KernelException e)
            {
                LoopLog.DeleteFailed(_log, e.Message);
            }

            await Task.Delay(Retry, _stop.Token);
        }
    }
}
