using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Wanted;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A node of a made-up cluster, with what follows and tells of its pods there. Events are told from the start; who wants pods and namespaces followed starts that.</summary>
internal sealed class FakeKubernetesNode : IAsyncDisposable
{
    private readonly string _folder;

    private FakeKubernetesNode(FakeNode node, FakeCluster cluster, string folder)
    {
        (Node, Cluster, _folder) = (node, cluster, folder);
        Pods = new(cluster.Client, Samples.Me, node.Kernel, node.Problems, NullLogger.Instance);
        Namespaces = new(cluster.Client, node.Problems, NullLogger.Instance);
        Labels = new(Pods, Namespaces, node.Kernel);
        Events = new(cluster.Client, Samples.Me, node.Pods, Pods, Labels, node.Time, NullLogger.Instance);
        Events.Start();
    }

    public FakeNode Node { get; }

    public FakeCluster Cluster { get; }

    public KubernetesPods Pods { get; }

    public KubernetesNamespaces Namespaces { get; }

    public KubernetesLabels Labels { get; }

    public KubernetesEvents Events { get; }

    public static async Task<FakeKubernetesNode> StartAsync(NodeFacts? facts = null)
    {
        var folder = Directory.CreateTempSubdirectory("netplugin-kubernetes-").FullName;
        return new(await FakeNode.StartAsync(folder, facts: facts), new FakeCluster(), folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await Pods.DisposeAsync();
        await Namespaces.DisposeAsync();
        await Node.DisposeAsync();
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
