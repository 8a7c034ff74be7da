using Netplugin.Core.Addresses;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary>UDP port of VXLAN, RFC 7348 section 5.</summary>
    public const ushort VxlanPort = 4789;

    /// <summary>
    /// Makes sure the node's VXLAN device is there, up, with this MTU and these programs. A device that fits is kept, so tunnels
    /// outlive a restart; one with another port or mode is replaced.
    /// </summary>
    /// <param name="mtu">The device's MTU in bytes: what the overlay may carry.</param>
    /// <param name="filters">Its programs.</param>
    /// <param name="port">UDP port, host order.</param>
    /// <returns>The device's index.</returns>
    /// <exception cref="KernelException">Kind is Exists when another device has the UDP port; the message says so.</exception>
    public IfIndex EnsureVxlanDevice(int mtu, LinkFilters filters, ushort port = VxlanPort)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var found = Find(_node, LinkNames.Vxlan);
        if (found is not null && (found.Kind != "vxlan" || !found.CollectsMetadata || found.VxlanPort != port))
        {
            Delete(found.Index);
            found = null;
        }

        if (found is null)
        {
            var create = new NetlinkBatch();
            LinkMessages.AddVxlan(create, LinkNames.Vxlan, port, mtu);
            _node.Execute(create);
            found = Find(_node, LinkNames.Vxlan)
                ?? throw new KernelException("create the VXLAN device", LinkNames.Vxlan, Errno.NoDevice, "something deleted it at once");
        }

        Attach(found.Index, LinkNames.Vxlan, filters);
        var batch = new NetlinkBatch();
        LinkMessages.Silence(batch, LinkNames.Vxlan, null);
        if (found.Mtu != mtu)
        {
            LinkMessages.SetMtu(batch, found.Index, mtu);
        }

        LinkMessages.BringUp(batch, found.Index);
        try
        {
            _node.Execute(batch);
        }
        catch (KernelException inUse) when (inUse.Errno == Errno.AddressInUse)
        {
            throw new KernelException("bring up the VXLAN device", LinkNames.Vxlan, Errno.AddressInUse,
                $"another VXLAN device or a process uses UDP port {port}; remove it, or give netplugin another node", inUse);
        }

        return found.Index;
    }

    /// <summary>Deletes the node's VXLAN device; it may be gone already.</summary>
    public void RemoveVxlanDevice()
    {
        if (Find(_node, LinkNames.Vxlan) is { } device)
        {
            Delete(device.Index);
        }
    }
}
