using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Labels;

/// <summary>Pods with labels on a real etcd.</summary>
public sealed class EtcdLabelTests(EtcdServer server) : LabelContract, IClassFixture<EtcdServer>
{
    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(server.Open());

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
}
