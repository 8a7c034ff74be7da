using Netplugin.Store;
using Netplugin.Store.Embedded;

namespace Netplugin.Tests.Store.Fixtures;

/// <summary>A SQLite file in a folder of its own.</summary>
internal sealed class EmbeddedFile : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;

    public ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(EmbeddedStore.Open(Path.Combine(_directory, "state.db")));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
