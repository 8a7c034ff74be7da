namespace Netplugin.Tests.Support;

/// <summary>Reads what never ends by itself one by one, and ends it.</summary>
/// <typeparam name="T">What comes.</typeparam>
public sealed class EndlessReader<T> : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _cancel = new();
    private readonly IAsyncEnumerator<T> _events;

    /// <summary>Begins to read.</summary>
    /// <param name="follow">Makes what is read; it ends by the token's cancellation.</param>
    public EndlessReader(Func<CancellationToken, IAsyncEnumerable<T>> follow)
    {
        ArgumentNullException.ThrowIfNull(follow);
        _events = follow(_cancel.Token).GetAsyncEnumerator(_cancel.Token);
    }

    /// <summary>The next that comes.</summary>
    /// <exception cref="TimeoutException">None within 30 s, which is far above what anything here takes.</exception>
    /// <exception cref="InvalidOperationException">It ended all the same.</exception>
    public async Task<T> NextAsync() => await _events.MoveNextAsync().AsTask().WaitAsync(Deadline)
        ? _events.Current
        : throw new InvalidOperationException("what should never end has ended");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync();
        try
        {
            // A read that is still waiting must have ended before the iterator can be disposed.
            while (await _events.MoveNextAsync())
            {
            }
        }
        catch (OperationCanceledException)
        {
            // How it ends.
        }

        await _events.DisposeAsync();
        _cancel.Dispose();
    }
}
