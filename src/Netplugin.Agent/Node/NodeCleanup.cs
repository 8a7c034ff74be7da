using Netplugin.Agent.Cluster;
using Netplugin.Agent.Configuration;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Nftables;
using Netplugin.Linux.Sockets;

namespace Netplugin.Agent.Node;

/// <summary>Removes everything of netplugin from a node: what a stopped daemon leaves on purpose, so that its pods keep running.</summary>
internal static class NodeCleanup
{
    /// <summary>Removes pod links, the VXLAN device, what is attached to uplinks, maps, programs, firewall rule, the container runtime's CNI files where their folders are given, and run directory. Of the state directory goes what was remembered of the store, for no pod is left to guard; the rest stays: it may be the embedded store.</summary>
    /// <exception cref="Linux.KernelException">A daemon is running, or the kernel refuses.</exception>
    public static void Run(AgentOptions options)
    {
        if (Directory.Exists(options.RunDirectory))
        {
            // Taken and released: with a running daemon this throws and says so.
            UnixListener.Listen(options.Socket).Dispose();
        }

        // First, so that no pod is attached by what goes next.
        options.CniFiles.Remove();
        using var driver = LinkDriver.Open();
        driver.Retire([.. driver.ListOwned().Select(l => l.Index)]);
        driver.DeleteRetired();
        driver.RemoveVxlanDevice();
        driver.DetachUplinks();
        HostFirewall.Remove();
        BpfDatapath.Remove(options.BpfDirectory);
        StoreMemoryFile.Delete(options.StateDirectory);
        if (Directory.Exists(options.RunDirectory))
        {
            Directory.Delete(options.RunDirectory, recursive: true);
        }
    }
}
