using Microsoft.Extensions.Logging;
using Netplugin.Agent.Api;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Observing;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Policies;
using Netplugin.Agent.Runtime;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Cni;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Node;

/// <summary>Leads each request of the node API to who answers it.</summary>
internal sealed class NodeRequests(
    PodService pods, KernelLoop loop, SandboxCache sandboxes, StoreHealth health, Readiness readiness, IPodNamespaces namespaces,
    NodeReporter reporter, NodeRegistration registration, StoreProxy store, PolicyEngine policies, PacketObservers observers, ExecForm exec, AgentMetrics metrics, PrometheusText prometheus, LogLevels levels, TimeProvider time,
    ILogger log) : INodeRequests
{
    /// <inheritdoc/>
    public async Task<NodeReply> AnswerAsync(NodeRequest request, IPodNamespace? handed, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case NodeRequest.RunCni call:
                return await RunCniAsync(call, handed, cancellationToken);
            case NodeRequest.RunExec call:
                var ran = await exec.RunAsync(call, cancellationToken);
                registration.StatusChanged();
                return ran;
            case NodeRequest.GetStatus:
                return new NodeReply.Status(reporter.ForOperator());
            case NodeRequest.GetEndpoints:
                return new NodeReply.Endpoints(reporter.Endpoints());
            case NodeRequest.GetCounters:
                return reporter.Counters();
            case NodeRequest.GetMetrics:
                return new NodeReply.Metrics(prometheus.Write(reporter.Samples()));
            case NodeRequest.GetPolicies:
                return new NodeReply.Policies(await policies.PoliciesAsync());
            case NodeRequest.ExplainPolicy question:
                return new NodeReply.Explained(await policies.ExplainAsync(question));
            case NodeRequest.Resync:
                await loop.ResyncAsync();
                return new NodeReply.Done();
            case NodeRequest.SetLogLevel set:
                return levels.TrySet(set.Level)
                    ? new NodeReply.Done()
                    : new NodeReply.Refused(NodeErrorCode.BadRequest, $"\"{set.Level}\" is not a log level: trace, debug, information, warning or error");
            default:
                return new NodeReply.Refused(NodeErrorCode.BadRequest, $"{request.GetType().Name} is not a request this daemon knows");
        }
    }

    /// <inheritdoc/>
    public Task ServeAsync(NodeRequest request, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed) =>
        request is NodeRequest.Observe observe ? observers.ServeAsync(observe, send, closed) : store.ServeAsync(request, send, closed);

    private async Task<NodeReply> RunCniAsync(NodeRequest.RunCni call, IPodNamespace? handed, CancellationToken cancellationToken)
    {
        var plugin = new CniPlugin(pods, sandboxes, health, readiness, handed, namespaces, metrics, time);
        NodeReply.Ran answer;
        try
        {
            answer = await CniHandler.RunAsync(call, plugin, cancellationToken);
        }
        catch (Exception e) when (e is Linux.KernelException or IOException)
        {
            answer = CniHandler.Fail(call, e);
        }

        // STATUS is asked every few seconds, and what it answers was logged where it began.
        if (answer.Exit != 0 && call.Environment.Command != "STATUS")
        {
            ApiLog.CniFailed(log, call.Environment.Command, call.Environment.ContainerId, answer.Stdout);
        }

        registration.StatusChanged();
        return answer;
    }
}
