using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Nodes;

/// <summary>Nodes on a real etcd.</summary>
public sealed class EtcdNodeTests(EtcdServer server) : NodeContract, IClassFixture<EtcdServer>
{
    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(server.Open());

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
}
