using Netplugin.NodeApi.Client;
using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Tests.Store.Contract;

namespace Netplugin.Tests.K8contivnet.NodeApi;

/// <summary>The contract of every store driver against an embedded store behind a daemon's socket.</summary>
public sealed class NodeApiStoreContractTests : StoreContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("npproxy").FullName;
    private EmbeddedStore? _behind;
    private StoreServer? _server;

    protected override ValueTask<IStateStore> OpenAsync()
    {
        var socket = Path.Combine(_directory, "s");
        _behind = EmbeddedStore.Open(Path.Combine(_directory, "state.db"));
        _server = new StoreServer(socket, _behind);
        return ValueTask.FromResult<IStateStore>(new NodeApiStore(new NodeClient(socket)));
    }

    protected override async ValueTask CloseAsync()
    {
        await _server!.DisposeAsync();
        await _behind!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
