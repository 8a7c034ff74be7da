using System.Net;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Store;

namespace Netplugin.Agent.Configuration;

/// <summary>What the daemon was told by flags, environment and configuration file.</summary>
/// <param name="HostLabel">The name endpoints are homed by.</param>
/// <param name="Store">Where the shared state is.</param>
/// <param name="Vtep">The tunnel address; unspecified: found out.</param>
/// <param name="Block">The block of the default network's pods on this node; null: it serves none.</param>
/// <param name="Masquerade">Whether those pods leave the cluster by the node's address.</param>
/// <param name="RunDirectory">Socket, journal: lives as long as the kernel does.</param>
/// <param name="StateDirectory">What outlives a reboot.</param>
/// <param name="BpfDirectory">Where maps and programs are pinned.</param>
/// <param name="RuntimeEndpoint">The container runtime's CRI endpoint; empty: none.</param>
/// <param name="Metrics">Where metrics are served; null: nowhere.</param>
/// <param name="Debug">Log more.</param>
/// <param name="JsonLog">Log JSON lines.</param>
/// <param name="Cleanup">Remove everything of netplugin from the node and end.</param>
internal sealed record AgentOptions(
    string HostLabel,
    StoreOptions Store,
    IpAddr Vtep,
    AddressBlock? Block,
    bool Masquerade,
    string RunDirectory,
    string StateDirectory,
    string BpfDirectory,
    string RuntimeEndpoint,
    IPEndPoint? Metrics,
    bool Debug,
    bool JsonLog,
    bool Cleanup)
{
    /// <summary>The node API's socket.</summary>
    public string Socket => Path.Combine(RunDirectory, "netplugin.sock");

    /// <summary>Where k8contivnet leaves a DEL that found no daemon.</summary>
    public string PendingDirectory => Path.Combine(RunDirectory, "pending");
}
