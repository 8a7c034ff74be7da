using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary>
    /// Has a program see what comes in by a device of the host's, after whatever else is attached there; replaces the one that is there
    /// without a gap.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="program">A loaded program of type <c>BPF_PROG_TYPE_SCHED_CLS</c>.</param>
    /// <exception cref="KernelException">The device is gone, or another filter has our priority.</exception>
    public void AttachUplink(IfIndex device, SafeHandle program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var batch = new NetlinkBatch();
        TrafficMessages.AttachUplink(batch, device, program);
        _node.Execute(batch);
        GC.KeepAlive(program);
    }

    /// <summary>Takes that program off every device of the node, and the hooks where nothing else is on them.</summary>
    public void DetachUplinks()
    {
        foreach (var link in _node.Dump("list the links", LinkMessages.GetAll, LinkState.Parse))
        {
            if (!HasUplinkProgram(link.Index))
            {
                continue;
            }

            var filter = new NetlinkBatch();
            TrafficMessages.DetachUplink(filter, link.Index);
            ThrowUnlessGone(_node.Try(filter));
            if (FiltersAt(link.Index, TrafficMessages.Ingress).Count + FiltersAt(link.Index, TrafficMessages.Egress).Count == 0)
            {
                var hooks = new NetlinkBatch();
                TrafficMessages.DeleteClsact(hooks, link.Index);
                ThrowUnlessGone(_node.Try(hooks));
            }
        }
    }

    /// <summary>True when a device of the host's has our program.</summary>
    internal bool HasUplinkProgram(IfIndex device) =>
        FiltersAt(device, TrafficMessages.Ingress).Any(filter => filter.Is(TrafficMessages.Ingress, TrafficMessages.UplinkInfo));
}
