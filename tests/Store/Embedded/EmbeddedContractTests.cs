using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Tests.Store.Contract;

namespace Netplugin.Tests.Store.Embedded;

/// <summary>The contract against a SQLite file.</summary>
public sealed class EmbeddedContractTests : StoreContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;

    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(EmbeddedStore.Open(Path.Combine(_directory, "state.db")));

    protected override ValueTask CloseAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
