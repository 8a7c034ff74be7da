using System.Collections.Immutable;
using System.Net;
using Netplugin.Agent.Node;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;
using Netplugin.Store;

namespace Netplugin.Agent.Configuration;

/// <summary>What the daemon was told by flags, environment and configuration file.</summary>
/// <param name="HostLabel">The name endpoints are homed by.</param>
/// <param name="Store">Where the shared state is.</param>
/// <param name="Vtep">The tunnel address; unspecified: found out.</param>
/// <param name="Blocks">The blocks of the default network's pods on this node; none: it serves no such pods.</param>
/// <param name="Pools">What this node leases its blocks from; none: its blocks are given.</param>
/// <param name="Masquerade">Whether those pods leave the cluster by the node's address.</param>
/// <param name="SharedServices">The Services of Kubernetes that pods of every network may use.</param>
/// <param name="Kubeconfig">Where to read how Kubernetes is reached; empty: as a pod of it, if this is one.</param>
/// <param name="RunDirectory">Socket, journal: lives as long as the kernel does.</param>
/// <param name="StateDirectory">What outlives a reboot.</param>
/// <param name="BpfDirectory">Where maps and programs are pinned.</param>
/// <param name="MountBpf">Whether a BPF file system is mounted for that where there is none; else the daemon does not start.</param>
/// <param name="RuntimeEndpoint">The container runtime's CRI endpoint; empty: none.</param>
/// <param name="Metrics">Where metrics are served; null: nowhere.</param>
/// <param name="CniBinDirectory">Where the container runtime has its CNI plugins, to install ours; empty: it is installed already.</param>
/// <param name="CniConfDirectory">Where it has its network configurations, to install ours; empty: it is installed already.</param>
/// <param name="Debug">Log more.</param>
/// <param name="JsonLog">Log JSON lines.</param>
/// <param name="Cleanup">Remove everything of netplugin from the node and end.</param>
/// <param name="Probe">What to ask the running daemon, and end; empty: nothing.</param>
/// <param name="EtcdCertificates">Make an etcd's certificates, and end; null: do not.</param>
internal sealed record AgentOptions(
    string HostLabel,
    StoreOptions Store,
    IpAddr Vtep,
    PerFamily<AddressBlock> Blocks,
    PerFamily<BlockPool> Pools,
    bool Masquerade,
    ImmutableHashSet<NamespacedName> SharedServices,
    string Kubeconfig,
    string RunDirectory,
    string StateDirectory,
    string BpfDirectory,
    bool MountBpf,
    string RuntimeEndpoint,
    IPEndPoint? Metrics,
    string CniBinDirectory,
    string CniConfDirectory,
    bool Debug,
    bool JsonLog,
    bool Cleanup,
    string Probe,
    EtcdCertificateOptions? EtcdCertificates)
{
    /// <summary>The node API's socket.</summary>
    public string Socket => Path.Combine(RunDirectory, "netplugin.sock");

    /// <summary>What the container runtime calls us by.</summary>
    public CniFiles CniFiles => new(CniBinDirectory, CniConfDirectory, Socket);

    /// <summary>Where k8contivnet leaves a DEL that found no daemon.</summary>
    public string PendingDirectory => Path.Combine(RunDirectory, "pending");
}
