using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Pods;
using Netplugin.Core.Model;
using Netplugin.Kubernetes.Annotations;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.Agent.Node;

/// <summary>Says how the node is: to the cluster, to an operator, to Prometheus.</summary>
internal sealed class NodeReporter(
    NodeKernel kernel, KernelLoop loop, PodKeeper keeper, ClusterFollower follower, StoreHealth health, NodeIdentity identity, ProblemBoard problems,
    IDatapath datapath, AgentMetrics metrics, Func<bool> isRegistered, Func<IEnumerable<MetricSample>> policies, StoreOptions store, string version, TimeProvider time)
{
    private const uint MaxVni = 0xff_ffff;
    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>The status for the cluster.</summary>
    public NodeStatus ForCluster()
    {
        var status = ForOperator();
        return new NodeStatus(
            status.Host, status.Version, status.StartedAt, status.State, status.OverlayMtu, status.Networks, kernel.Current.Endpoints.Count,
            status.Pods, status.LastReconcile, status.Problems);
    }

    /// <summary>The status for the node's object in Kubernetes: what seldom changes.</summary>
    public NodeReport ForKubernetes()
    {
        var status = ForOperator();
        return new NodeReport(
            status.Version, status.State, status.Vtep.Length > 0 ? status.Vtep : null, status.OverlayMtu,
            [.. identity.Facts.Blocks.Select(block => block.Prefix.ToString())], status.Problems);
    }

    /// <summary>The status for an operator who asks this node.</summary>
    public DaemonStatus ForOperator()
    {
        var report = health.Report;
        var all = Problems(report);
        var pods = kernel.Pods.Values;
        var node = kernel.Current.Node;
        return new DaemonStatus(
            follower.Me, version, State(all), _started,
            new StoreConnection(
                store.IsEtcd ? "etcd" : "embedded", StoreAddress, report.Connected, report.Reason, report.Since, report.Revision),
            node is { Vtep.IsUnspecified: false } ? node.Vtep.ToString() : "", identity.Facts.UnderlayMtu, node?.OverlayMtu ?? 0,
            pods.Sum(p => p.Attachments.Count(a => a.Phase == AttachmentPhase.Up)),
            pods.Where(p => !p.Attachments.IsEmpty && !p.Ended).Select(p => p.Key.Sandbox).Distinct(StringComparer.Ordinal).Count(),
            kernel.Current.Networks.Count, loop.LastReconcile, metrics.Reconciles, keeper.Pending, all);
    }

    /// <summary>What is attached here.</summary>
    public ImmutableArray<AttachedEndpoint> Endpoints() =>
    [
        .. from pod in kernel.Pods.Values
           from a in pod.Attachments
           where a.Phase != AttachmentPhase.Unbinding
           orderby a.Endpoint.Network, a.Endpoint.Container
           select new AttachedEndpoint(
               a.Endpoint.Network.Tenant, a.Endpoint.Network.Network, a.Endpoint.Container, pod.Key.Sandbox, a.Interface,
               [.. a.LinkAddresses.Select(one => one.ToString())], a.Mac.ToString(), a.DatapathId <= MaxVni ? a.DatapathId : 0, a.DeviceName, a.Number,
               a.Phase switch { AttachmentPhase.Up => "attached", AttachmentPhase.Adding => "attaching", _ => "detaching" }, a.Since),
    ];

    /// <summary>The datapath's counters.</summary>
    public NodeReply.Counters Counters()
    {
        var counts = datapath.ReadCounters();
        return new(counts.Drops, counts.Others);
    }

    /// <summary>What Prometheus is told beside what was counted as it happened.</summary>
    public IEnumerable<MetricSample> Samples()
    {
        var report = health.Report;
        var counts = datapath.ReadCounters();
        var pods = kernel.Pods.Values;
        yield return Gauge("netplugin_build_info", "The daemon's version.", PrometheusText.Label("version", version), 1);
        yield return new("netplugin_drops_total", "counter", "Packets the datapath dropped, by reason.",
            [.. counts.Drops.Select(d => (PrometheusText.Label("reason", d.Key), (double)d.Value))]);
        yield return new("netplugin_datapath_events_total", "counter", "Packets the datapath handled, by what became of them.",
            [.. counts.Others.Select(d => (PrometheusText.Label("event", d.Key), (double)d.Value))]);
        yield return Gauge("netplugin_attachments", "Interfaces attached to pods of this node.", "", pods.Sum(p => p.Attachments.Count(a => a.Phase == AttachmentPhase.Up)));
        yield return Gauge("netplugin_attachments_pending", "Attachments whose removal waits to be tried again.", "", keeper.Pending);
        yield return Gauge("netplugin_networks", "Networks present on this node.", "", kernel.Current.Networks.Count);
        yield return Gauge("netplugin_endpoints", "Endpoints in the maps, here and elsewhere.", "", kernel.Current.Endpoints.Count);
        yield return Gauge("netplugin_frontends", "Addresses and ports of Services that are balanced for pods.", "", kernel.Current.Frontends.Count);
        yield return Gauge("netplugin_backends", "Backends of those, where several have the same ones counted once.", "",
            kernel.Current.Frontends.Values.Select(f => f.Backends).Distinct().Sum(b => b.Length));
        yield return Gauge("netplugin_connections", "Connections of pods to Services, as the last sweep left them.", "", kernel.Connections);
        yield return Gauge("netplugin_flows", "Flows of pods that policies have let through, as the last sweep left them.", "", kernel.Flows);
        yield return Gauge("netplugin_store_connected", "1 while the store answers.", "", report.Connected ? 1 : 0);
        yield return Gauge("netplugin_store_held", "1 while the store is held back until an operator accepts its reset.", "", follower.Held is null ? 0 : 1);
        yield return Gauge("netplugin_store_revision", "Highest store revision seen.", "", report.Revision);
        yield return Gauge("netplugin_store_last_answer_age_seconds", "Seconds since the store last answered.", "",
            report.LastAnswer is { } last ? (time.GetUtcNow() - last).TotalSeconds : double.PositiveInfinity);
        foreach (var sample in policies())
        {
            yield return sample;
        }

        yield return Gauge("netplugin_problems", "Problems an operator should look at.", "", Problems(report).Length);
    }

    private string StoreAddress => store.IsEtcd ? store.EtcdEndpoints! : store.EmbeddedPath ?? "";

    private ImmutableArray<string> Problems(StoreHealthReport report)
    {
        var all = problems.All.ToBuilder();
        if (follower.Held is { } held)
        {
            all.Insert(0, held);
        }

        if (!report.Connected)
        {
            all.Insert(0, $"the store does not answer since {report.Since:u}: {report.Reason}; running pods are not affected, new ones wait");
        }

        if (kernel.DefaultNetworkIsFull is { } full)
        {
            all.Add(full);
        }

        all.AddRange(follower.Unreadable);
        return all.ToImmutable();
    }

    private string State(ImmutableArray<string> all) =>
        follower.Held is not null ? "holding"
        : loop.LastReconcile is null || !follower.View.IsListed || !isRegistered() ? "starting"
        : all.IsEmpty ? "ready" : "degraded";

    private static MetricSample Gauge(string name, string help, string labels, double value) => new(name, "gauge", help, [(labels, value)]);
}
