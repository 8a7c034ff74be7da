using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>
/// The traffic control requests that attach programs (tc-bpf(8)): a clsact queueing discipline, and on each of its hooks one filter
/// with a fixed priority and handle, so that attaching again replaces it without a gap.
/// </summary>
internal static class TrafficMessages
{
    // linux/pkt_sched.h: TC_H_CLSACT, TC_H_MIN_INGRESS, TC_H_MIN_EGRESS
    internal const uint ClsactParent = 0xffff_fff1;
    internal const uint Ingress = 0xffff_fff2;
    internal const uint Egress = 0xffff_fff3;

    /// <summary>The only filter of its hook.</summary>
    internal const uint FilterHandle = 1;

    internal const ushort FilterPriority = 1;

    /// <summary>On a device that is the host's own: late, and hardly another's number ("np").</summary>
    internal const ushort UplinkPriority = 0x6e70;

    // linux/rtnetlink.h, linux/pkt_cls.h: TCA_*, TCA_BPF_*
    internal const ushort Kind = 1;
    internal const ushort Options = 2;
    internal const ushort BpfDescriptor = 6;
    internal const ushort BpfName = 7;
    internal const ushort BpfFlags = 8;
    internal const ushort BpfId = 11;

    private const uint ClsactHandle = 0xffff_0000;

    /// <summary><c>TCA_BPF_FLAG_ACT_DIRECT</c>: the program's return value is the verdict.</summary>
    private const uint DirectAction = 1;

    /// <summary><c>ETH_P_ALL</c> in network order, below the priority.</summary>
    private const uint AllProtocols = 0x0300;

    internal static uint FilterInfo => InfoOf(FilterPriority);

    internal static uint UplinkInfo => InfoOf(UplinkPriority);

    /// <summary>Attaches both programs, or replaces the ones that are there.</summary>
    internal static void Attach(NetlinkBatch batch, IfIndex index, string name, LinkFilters filters)
    {
        AddClsact(batch, index, name);
        AddFilter(batch, index, name, Ingress, FilterInfo, filters.Ingress, "netplugin_in");
        AddFilter(batch, index, name, Egress, FilterInfo, filters.Egress, "netplugin_out");
    }

    /// <summary>Attaches a program to what comes in by a device of the host's, beside whatever is there; or replaces the one that is there.</summary>
    internal static void AttachUplink(NetlinkBatch batch, IfIndex index, SafeHandle program)
    {
        AddClsact(batch, index, index.ToString());
        AddFilter(batch, index, index.ToString(), Ingress, UplinkInfo, program, "netplugin_vxlan");
    }

    /// <summary>Takes that program away.</summary>
    internal static void DetachUplink(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("take the program off", index.ToString(), NetlinkType.DeleteFilter, NetlinkFlags.None);
        writer.Put(new TrafficHeader { Index = index.Value, Handle = FilterHandle, Parent = Ingress, Info = UplinkInfo });
        writer.PutString(Kind, "bpf");
        batch.End(writer);
    }

    /// <summary>Removes both hooks of a device with all that is attached to them.</summary>
    internal static void DeleteClsact(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("remove the hooks of", index.ToString(), NetlinkType.DeleteQueueing, NetlinkFlags.None);
        writer.Put(new TrafficHeader { Index = index.Value, Handle = ClsactHandle, Parent = ClsactParent });
        writer.PutString(Kind, "clsact");
        batch.End(writer);
    }

    /// <summary>Asks for the filters of one hook.</summary>
    internal static void GetFilters(NetlinkBatch batch, IfIndex index, uint parent)
    {
        var writer = batch.Begin("list the filters of link", index.ToString(), NetlinkType.GetFilter, NetlinkFlags.Dump);
        writer.Put(new TrafficHeader { Index = index.Value, Parent = parent });
        batch.End(writer);
    }

    private static void AddClsact(NetlinkBatch batch, IfIndex index, string name)
    {
        // Without "exclusive" this succeeds when the link has one already.
        var writer = batch.Begin("make the hooks of", name, NetlinkType.NewQueueing, NetlinkFlags.Create);
        writer.Put(new TrafficHeader { Index = index.Value, Handle = ClsactHandle, Parent = ClsactParent });
        writer.PutString(Kind, "clsact");
        batch.End(writer);
    }

    private static uint InfoOf(ushort priority) => (uint)priority << 16 | AllProtocols;

    private static void AddFilter(NetlinkBatch batch, IfIndex index, string name, uint parent, uint info, SafeHandle program, string label)
    {
        var writer = batch.Begin($"attach {label} to", name, NetlinkType.NewFilter, NetlinkFlags.Create);
        writer.Put(new TrafficHeader { Index = index.Value, Handle = FilterHandle, Parent = parent, Info = info });
        writer.PutString(Kind, "bpf");
        var options = writer.BeginNested(Options);
        writer.PutS32(BpfDescriptor, (int)program.DangerousGetHandle());
        writer.PutString(BpfName, label);
        writer.PutU32(BpfFlags, DirectAction);
        writer.EndNested(options);
        batch.End(writer);
    }
}
