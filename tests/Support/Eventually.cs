using System.Diagnostics;

namespace Netplugin.Tests.Support;

/// <summary>Waits for a condition, never for a time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="what">What is waited for: the message when it never comes.</param>
    /// <param name="condition">Looked at again and again; an exception from it counts as "not yet".</param>
    /// <param name="limit">How long to wait; 20 s when not given.</param>
    /// <exception cref="TimeoutException">It did not come; the last exception is its cause.</exception>
    public static Task HoldsAsync(string what, Func<bool> condition, TimeSpan? limit = null) =>
        HoldsAsync(what, () => Task.FromResult(condition()), limit);

    /// <inheritdoc cref="HoldsAsync(string, Func{bool}, TimeSpan?)"/>
    public static async Task HoldsAsync(string what, Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        TimeSpan most = limit ?? TimeSpan.FromSeconds(20);
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Gap);
        Exception? last;
        do
        {
            try
            {
                last = null;
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception exception)
            {
                last = exception;
            }
        }
        while (watch.Elapsed < most && await timer.WaitForNextTickAsync());

        throw new TimeoutException($"{most.TotalSeconds} s passed without: {what}", last);
    }
}
