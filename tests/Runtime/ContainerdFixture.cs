using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Runtimes;

namespace Netplugin.Tests.Runtime;

/// <summary>One containerd for all tests of a class: importing images takes longer than the tests.</summary>
public sealed class ContainerdFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("npcri");

    public Node Node { get; private set; } = null!;

    public Containerd Containerd { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Node = await Node.StartAsync(_state.FullName, "node");
        Containerd = await Containerd.StartAsync(Node, Containerd.LoopbackOnly);
    }

    public ValueTask DisposeAsync()
    {
        Containerd?.Dispose();
        Node?.Dispose();
        _state.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
