namespace Netplugin.Store.Embedded;

/// <summary>A lease of the embedded store: it ends with the process or when disposed, so it is never lost before.</summary>
internal sealed class EmbeddedLease(EmbeddedStore store, long id) : IStoreLease
{
    private bool _disposed;

    public long Id => id;

    public CancellationToken Lost => CancellationToken.None;

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await store.EndLeaseAsync(id);
        }
    }
}
