namespace Netplugin.Store;

/// <summary>How those stand back who lost a round to others that write at the same time: at random, and for longer and longer.</summary>
internal sealed class StandBack
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private TimeSpan _pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits for the next round.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_pause * Random.Shared.NextDouble(), cancellationToken);
        _pause = _pause < Longest ? _pause * 2 : _pause;
    }
}
