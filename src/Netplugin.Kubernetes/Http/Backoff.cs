namespace Netplugin.Kubernetes.Http;

/// <summary>Waits between attempts: 200 ms doubling to 10 s, or what is told, spread by a quarter so that a cluster's nodes do not return as one.</summary>
/// <param name="longest">The longest wait; null: 10 s.</param>
internal sealed class Backoff(TimeSpan? longest = null)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);

    // However long the API server was away, what changed meanwhile counts within seconds of its return.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    // Trouble this long after the last is new trouble.
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _longest = longest ?? Longest;
    private TimeSpan _next = First;
    private long _lastEnded;

    /// <summary>Waits.</summary>
    /// <param name="atLeast">What the server asked for, if it did.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(TimeSpan? atLeast, CancellationToken cancellationToken)
    {
        if (_lastEnded != 0 && TimeProvider.System.GetElapsedTime(_lastEnded) > Forgotten)
        {
            _next = First;
        }

        var wait = _next * (0.75 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < _longest ? _next * 2 : _longest;
        await Task.Delay(atLeast > wait ? atLeast.Value + wait : wait, cancellationToken);
        _lastEnded = TimeProvider.System.GetTimestamp();
    }
}
