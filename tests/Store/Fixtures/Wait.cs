namespace Netplugin.Tests.Store.Fixtures;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Wait
{
    /// <summary>Far above what anything here takes, since the machine may be busy.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await holds())
        {
            Assert.False(limit.IsCancellationRequested, $"not within {Deadline.TotalSeconds} s: {what}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public static Task UntilAsync(string what, Func<bool> holds) => UntilAsync(what, () => Task.FromResult(holds()));
}
