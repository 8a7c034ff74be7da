using Netplugin.Store;

namespace Netplugin.Tests.Store.Fixtures;

/// <summary>Tests of a store, whichever driver it has; a subclass a driver. Every test begins with nothing of netplugin in it.</summary>
public abstract class DriverTests : IAsyncLifetime
{
    private IStateStore? _store;

    protected IStateStore Store => _store!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await OpenAsync();
        await ClearAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<IStateStore> OpenAsync();

    protected abstract ValueTask CloseAsync();

    /// <summary>Wipes what netplugin keeps in the store.</summary>
    protected async Task ClearAsync()
    {
        foreach (var chunk in (await Store.ListAsync(StoreKeys.Root, Cancel)).Entries.Chunk(100))
        {
            await Store.CommitAsync(new([], [.. chunk.Select(entry => new StoreOperation.Delete(entry.Key))]), Cancel);
        }
    }
}
