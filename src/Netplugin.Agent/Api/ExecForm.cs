using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Linux;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.Agent.Api;

/// <summary>
/// The kubelet's exec form: <c>setup A B C</c> and <c>teardown A B C</c>, where C is the infra container. Kubelets of the time passed namespace and then name, the
/// documentation says name and then namespace: the sandbox's own metadata tells, and where it cannot, the namespace comes first.
/// </summary>
internal sealed class ExecForm(
    PodService pods, SandboxCache sandboxes, IPodNamespaces namespaces, AgentMetrics metrics, TimeProvider time, ILogger log)
{
    private const string Interface = "eth0";
    private const int Failed = 2;
    private const int Misused = 1;
    private static readonly NodeReply.Ran Good = new(0, "");

    /// <summary>Carries out a call.</summary>
    public async Task<NodeReply.Ran> RunAsync(NodeRequest.RunExec call, CancellationToken cancellationToken)
    {
        if (call.Action is not ("setup" or "teardown" or "status"))
        {
            // Unknown actions end well: kubelets ask for more than the original knew.
            return Good;
        }

        if (call.Arguments is not [var first, var second, var sandbox])
        {
            return call.Action == "status" ? Good : new(Misused, "");
        }

        var began = time.GetTimestamp();
        var good = false;
        try
        {
            var reply = call.Action switch
            {
                "setup" => await SetUpAsync(first, second, sandbox, cancellationToken),
                "teardown" => await TearDownAsync(sandbox, cancellationToken),
                _ => Status(sandbox),
            };
            good = true;
            return reply;
        }
        catch (Exception e) when (e is ResolveException or NotReadyException or StoreException or KernelException)
        {
            ApiLog.ExecFailed(log, call.Action, sandbox, e.Message);
            return new(Failed, "", e.Message);
        }
        finally
        {
            if (call.Action != "status")
            {
                metrics.Operation(call.Action == "setup" ? "add" : "del", time.GetElapsedTime(began), good);
            }
        }
    }

    /// <summary>Which of the two words is the pod's name. Pure.</summary>
    /// <param name="first">The first word.</param>
    /// <param name="second">The second.</param>
    /// <param name="sandbox">What the runtime says of the sandbox; null when it says nothing.</param>
    public static (string Name, string Namespace) Order(string first, string second, SandboxInfo? sandbox) => sandbox switch
    {
        not null when sandbox.Namespace == first && sandbox.Name == second => (second, first),
        not null when sandbox.Name == first && sandbox.Namespace == second => (first, second),
        _ => (second, first),
    };

    private async Task<NodeReply.Ran> SetUpAsync(string first, string second, string typed, CancellationToken cancellationToken)
    {
        await sandboxes.RefreshAsync(cancellationToken);
        var known = sandboxes.Last?.Find(typed);
        var sandbox = known?.Id ?? typed;
        var (name, podNamespace) = Order(first, second, known);
        var path = await sandboxes.NetworkNamespaceAsync(sandbox, cancellationToken);
        if (path is null || namespaces.TryOpen(path) is not { } opened)
        {
            var reason = path is null ? "the container runtime does not know the sandbox" : $"its network namespace {path} cannot be opened";
            ApiLog.ExecFailed(log, "setup", sandbox, reason);
            return new(Failed, "", $"sandbox {sandbox}: {reason}");
        }

        using (opened)
        {
            try
            {
                await pods.AttachAsync(new AttachRequest(new PodKey(sandbox, Interface), name, podNamespace, "", PodOrigin.Exec), opened, cancellationToken);
            }
            catch (ResolveException e) when (e.Failure == ResolveFailure.NotPosted)
            {
                // The original let a pod that no intent names start without a network.
                ApiLog.ExecNotPosted(log, name, sandbox);
            }
        }

        return Good;
    }

    private async Task<NodeReply.Ran> TearDownAsync(string typed, CancellationToken cancellationToken)
    {
        foreach (var pod in PodsOf(typed))
        {
            await pods.DetachAsync(pod.Key, cancellationToken);
        }

        return Good;
    }

    private NodeReply.Ran Status(string typed)
    {
        var address = PodsOf(typed).SelectMany(p => p.Attachments).FirstOrDefault(a => a is { Phase: AttachmentPhase.Up, IsSecondary: false })?.PodAddress;
        return address is { } ip
            ? new(0, $"{{\"kind\":\"PodNetworkStatus\",\"apiVersion\":\"v1beta1\",\"ip\":\"{JsonEncodedText.Encode(ip.ToString())}\"}}\n")
            : Good;
    }

    private ImmutableArray<Pod> PodsOf(string typed) => [.. pods.Pods.Values.Where(p => EndpointResolver.Names(typed, p.Key.Sandbox))];
}
