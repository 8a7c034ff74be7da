namespace Netplugin.Store.Etcd;

/// <summary>Waits between attempts: 100 ms doubling to 2 s, spread by a quarter so that a cluster's nodes do not return as one.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    // Trouble this long after the last is new trouble.
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;
    private long _lastEnded;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_lastEnded != 0 && TimeProvider.System.GetElapsedTime(_lastEnded) > Forgotten)
        {
            _next = First;
        }

        var wait = _next * (0.75 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        await Task.Delay(wait, cancellationToken);
        _lastEnded = TimeProvider.System.GetTimestamp();
    }
}
