using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Linux;
using Netplugin.NodeApi.Cni;
using Netplugin.Store;

namespace Netplugin.Agent.Api;

/// <summary>CNI's verbs in terms of <see cref="PodService"/>, and the daemon's failures in terms of CNI's error codes. One for each call.</summary>
internal sealed class CniPlugin(
    PodService pods, SandboxCache sandboxes, StoreHealth health, Readiness readiness, IPodNamespace? handed, IPodNamespaces namespaces,
    AgentMetrics metrics, TimeProvider time) : ICniPlugin
{
    /// <inheritdoc/>
    public Task<CniResult> AddAsync(CniRequest request, CancellationToken cancellationToken) => RunAsync("add", async () =>
    {
        var (name, podNamespace) = await NameAsync(request, cancellationToken);
        using var opened = handed is null ? Open(request.Netns) : null;
        var attach = new AttachRequest(KeyOf(request), name, podNamespace, request.NetworkName, PodOrigin.Cni)
        {
            PodUid = request.PodUid,
            HostPorts = request.PortMappings,
        };
        var pod = await pods.AttachAsync(attach, handed ?? opened!, cancellationToken);
        return ResultOf(pod, request.Netns);
    });

    /// <inheritdoc/>
    public Task DeleteAsync(CniRequest request, CancellationToken cancellationToken) => RunAsync("del", async () =>
    {
        await pods.DetachAsync(KeyOf(request), cancellationToken);
        return true;
    });

    /// <inheritdoc/>
    public Task<CniResult> CheckAsync(CniRequest request, CancellationToken cancellationToken) => RunAsync("check", async () =>
    {
        if (!pods.Pods.TryGetValue(KeyOf(request), out var pod) || pod.Ended)
        {
            throw CniException.UnknownContainer($"container {request.ContainerId} has no interface {request.IfName} of netplugin");
        }

        using var opened = handed is null ? Open(request.Netns) : null;
        var wrong = await pods.CheckAsync(pod.Key, handed ?? opened!, cancellationToken);
        return wrong.IsEmpty
            ? ResultOf(pod, request.Netns)
            : throw CniException.Damaged("the container's network is not as ADD made it", string.Join("; ", wrong));
    });

    /// <inheritdoc/>
    public Task CollectAsync(CniRequest request, CancellationToken cancellationToken) => RunAsync("gc", async () =>
    {
        var stale = pods.Pods.Values.Where(p => p.Origin == PodOrigin.Cni && p.CniNetwork == request.NetworkName
            && !request.ValidAttachments.Contains(new CniAttachmentName(p.Key.Sandbox, p.Key.Interface)));
        foreach (var pod in stale.ToArray())
        {
            await pods.DetachAsync(pod.Key, cancellationToken);
        }

        return true;
    });

    /// <inheritdoc/>
    public Task StatusAsync(CniRequest request, CancellationToken cancellationToken) =>
        RunAsync("status", () => readiness.Missing is { } missing ? throw missing : Task.FromResult(true));

    private async Task<T> RunAsync<T>(string operation, Func<Task<T>> work)
    {
        var began = time.GetTimestamp();
        var good = false;
        try
        {
            var result = await work();
            good = true;
            return result;
        }
        catch (ResolveException e)
        {
            throw CniException.NoEndpoint(e.Message);
        }
        catch (NotReadyException e)
        {
            throw CniException.TryAgainLater("the pod cannot be attached now", e.Message, e);
        }
        catch (StoreException e)
        {
            var report = health.Report;
            throw CniException.TryAgainLater(
                PodService.WithoutStore,
                report.Connected ? e.Message : $"since {report.Since:u}: {e.Message}", e);
        }
        catch (KernelException e) when (e.IsTransient)
        {
            throw CniException.TryAgainLater("the kernel was busy", e.Message, e);
        }
        finally
        {
            metrics.Operation(operation, time.GetElapsedTime(began), good);
        }
    }

    private async Task<(string Name, string Namespace)> NameAsync(CniRequest request, CancellationToken cancellationToken)
    {
        if (request.PodName.Length > 0)
        {
            return (request.PodName, request.PodNamespace);
        }

        await sandboxes.RefreshAsync(cancellationToken);
        return sandboxes.Last?.Find(request.ContainerId) is { } sandbox ? (sandbox.Name, sandbox.Namespace) : (request.ContainerId, "");
    }

    private IPodNamespace Open(string path) =>
        namespaces.TryOpen(path) ?? throw CniException.UnknownContainer($"there is no network namespace at {path}");

    private static PodKey KeyOf(CniRequest request) => new(request.ContainerId, request.IfName);

    private static CniResult ResultOf(Pod pod, string netns)
    {
        var interfaces = ImmutableArray.CreateBuilder<CniInterface>();
        var ips = ImmutableArray.CreateBuilder<CniIp>();
        var routes = ImmutableArray.CreateBuilder<CniRoute>();
        foreach (var a in pod.Attachments.Where(a => a.Phase == AttachmentPhase.Up))
        {
            interfaces.Add(new CniInterface(a.DeviceName));
            interfaces.Add(new CniInterface(a.Interface) { Mac = a.Mac.ToString(), Sandbox = netns });
            foreach (var (address, gateway) in a.RuntimeAddresses)
            {
                ips.Add(new CniIp(address.ToString()) { Gateway = gateway.IsUnspecified ? "" : gateway.ToString(), Interface = interfaces.Count - 1 });
            }

            routes.AddRange((a.HasDefaultRoute ? a.DefaultGateways : []).Select(gateway => new CniRoute(gateway.IsV4 ? "0.0.0.0/0" : "::/0", gateway.ToString())));
        }

        return new CniResult(interfaces.ToImmutable(), ips.ToImmutable(), routes.ToImmutable());
    }
}
