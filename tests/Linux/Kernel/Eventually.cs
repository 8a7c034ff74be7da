using System.Diagnostics;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>Waits for a condition, not for time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    internal static void True(Func<bool> condition, string expectation)
    {
        var start = Stopwatch.GetTimestamp();
        if (!SpinWait.SpinUntil(condition, Deadline))
        {
            Assert.Fail($"after {Stopwatch.GetElapsedTime(start).TotalSeconds:f1} s still not: {expectation}");
        }
    }
}
