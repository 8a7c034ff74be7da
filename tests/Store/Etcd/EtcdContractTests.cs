using Netplugin.Store;
using Netplugin.Tests.Store.Contract;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Etcd;

/// <summary>The contract against a real etcd.</summary>
public sealed class EtcdContractTests(EtcdServer server) : StoreContract, IClassFixture<EtcdServer>
{
    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(server.Open());

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
}
