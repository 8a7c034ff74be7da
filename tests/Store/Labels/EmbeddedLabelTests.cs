using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Labels;

/// <summary>Pods with labels on a SQLite file.</summary>
public sealed class EmbeddedLabelTests : LabelContract
{
    private readonly EmbeddedFile _file = new();

    protected override ValueTask<IStateStore> OpenAsync() => _file.OpenAsync();

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
