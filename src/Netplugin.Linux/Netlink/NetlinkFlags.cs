namespace Netplugin.Linux.Netlink;

/// <summary><c>NLM_F_*</c>, <c>linux/netlink.h</c>. GET and NEW requests use the same bits differently.</summary>
[Flags]
internal enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x1,
    Multi = 0x2,
    Acknowledge = 0x4,

    /// <summary>The dump was interrupted by a change: entries may be missing or twice.</summary>
    DumpInterrupted = 0x10,

    /// <summary>GET: the whole table.</summary>
    Dump = 0x300,

    /// <summary>NEW: replace what is there.</summary>
    Replace = 0x100,

    /// <summary>NEW: fail if it is there.</summary>
    Exclusive = 0x200,

    /// <summary>NEW: create it if it is not there.</summary>
    Create = 0x400,

    /// <summary>NEW: add at the end of a list.</summary>
    Append = 0x800,
}
