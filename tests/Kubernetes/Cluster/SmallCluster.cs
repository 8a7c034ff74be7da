namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>A cluster whose nodes have room for 13 pods each, which leave it by their own addresses.</summary>
public sealed class SmallCluster : IAsyncLifetime
{
    /// <summary>How many pods a block of 16 addresses serves.</summary>
    public const int PodsOfNode = 13;

    /// <summary>The cluster.</summary>
    public OwnCluster Cluster { get; private set; } = null!;

    /// <inheritdoc/>
    public ValueTask InitializeAsync()
    {
        Cluster = OwnCluster.Make("small", ("KUBELAB_FAMILY", "4"), ("KUBELAB_NODE_MASK", "28"), ("KUBELAB_NETPLUGIN", "-no-masquerade"));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}
