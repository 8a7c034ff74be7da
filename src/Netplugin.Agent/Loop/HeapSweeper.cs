namespace Netplugin.Agent.Loop;

/// <summary>
/// Gives back the memory that a load left: listing a network of 100,000 endpoints, or as many of them being bound, leaves tens of megabytes
/// of garbage among the older objects, where the collector would look again only when as much has come anew. On a node that may be never.
/// </summary>
internal sealed class HeapSweeper
{
    // Far more than a resync of an unchanged node or some pods' coming and going allocate, and a fraction of what a load does.
    private const long Load = 64 << 20;

    private long _swept;

    /// <summary>
    /// Collects everything if a load went by since the last time. To be called seldom and where nothing waits: all threads stand still for
    /// as long as it takes to go through what lives, some 30 ms with 100,000 endpoints.
    /// </summary>
    /// <returns>True when it did.</returns>
    public bool Sweep()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _swept < Load)
        {
            return false;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _swept = allocated;
        return true;
    }
}
