using Netplugin.Store;
using Netplugin.Tests.Store.Contract;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Embedded;

/// <summary>The contract against a SQLite file.</summary>
public sealed class EmbeddedContractTests : StoreContract
{
    private readonly EmbeddedFile _file = new();

    protected override ValueTask<IStateStore> OpenAsync() => _file.OpenAsync();

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
