using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Node;
using Netplugin.Agent.Pods;
using Netplugin.Kubernetes;

namespace Netplugin.Agent.Kubernetes;

/// <summary>All that a node's daemon writes to the API server, pods' addresses, Events, and how the node is; and the pods' labels, which it follows for that and for their start.</summary>
internal sealed class KubernetesReports : IAsyncDisposable
{
    private readonly KubernetesPods _pods;
    private readonly KubernetesNamespaces _namespaces;
    private readonly KubernetesEvents _events;
    private readonly KubernetesNodeReport _node;

    /// <summary>Puts the parts together; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="kernel">What the pods have.</param>
    /// <param name="pods">Tells which pods are refused.</param>
    /// <param name="reporter">Tells how the node is.</param>
    /// <param name="problems">What an operator should know.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public KubernetesReports(
        KubernetesClient client, string name, NodeKernel kernel, PodService pods, NodeReporter reporter, ProblemBoard problems, TimeProvider time, ILogger log)
    {
        _pods = new(client, name, kernel, problems, log);
        _namespaces = new(client, problems, log);
        Labels = new(_pods, _namespaces, kernel);
        _events = new(client, name, pods, _pods, Labels, time, log);
        _node = new(client, name, reporter.ForKubernetes, problems, _events, log);
    }

    /// <summary>Which networks pods have by labels.</summary>
    public KubernetesLabels Labels { get; }

    /// <summary>Begins.</summary>
    public void Start()
    {
        _namespaces.Start();
        _pods.Start();
        _events.Start();
        _node.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _events.DisposeAsync();
        await _pods.DisposeAsync();
        await _namespaces.DisposeAsync();
    }
}
