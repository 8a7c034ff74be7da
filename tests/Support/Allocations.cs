namespace Netplugin.Tests.Support;

/// <summary>How much memory a piece of work asks the runtime for.</summary>
public static class Allocations
{
    private const int Times = 5;

    /// <summary>
    /// The bytes that doing something takes. A collection that other tests cause meanwhile closes what the thread was given to allocate from, and the rest
    /// of that, some kilobytes, counts as allocated: so it is done several times, and the least is told.
    /// </summary>
    /// <param name="work">What is done; it must take the same each time.</param>
    public static long Of(Action work)
    {
        long least = long.MaxValue;
        for (int time = 0; time < Times; time++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
