using Netplugin.Agent.Cluster;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Agent.Api;

/// <summary>Whether pods can be attached now, as CNI's STATUS answers.</summary>
internal sealed class Readiness(PodService pods, ClusterFollower follower, StoreHealth health, ProblemBoard problems)
{
    /// <summary>Why they cannot; null when they can.</summary>
    public CniException? Missing
    {
        get
        {
            if (follower.Held is { } held)
            {
                return CniException.NotAvailable("pods cannot be attached: the store is held back", held);
            }

            var report = health.Report;
            if (!report.Connected)
            {
                return CniException.NotAvailable("pods cannot be attached: the store does not answer", $"since {report.Since:u}: {report.Reason}");
            }

            if (pods.AwaitsBlock is { } awaited)
            {
                return CniException.NotAvailable("pods cannot be attached: this node has no block of addresses for them", awaited);
            }

            // A full block is no reason: the runtime would make the node NotReady, and Kubernetes then evicts the pods that filled it.
            return problems.Get(LoopTopics.Datapath) is { } broken
                ? CniException.NotAvailableLimited("pods cannot be attached: the datapath is not as wanted", broken)
                : null;
        }
    }
}
