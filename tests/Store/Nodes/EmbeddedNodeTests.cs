using Netplugin.Store;
using Netplugin.Store.Embedded;

namespace Netplugin.Tests.Store.Nodes;

/// <summary>Nodes on a SQLite file.</summary>
public sealed class EmbeddedNodeTests : NodeContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;

    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(EmbeddedStore.Open(Path.Combine(_directory, "state.db")));

    protected override ValueTask CloseAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
