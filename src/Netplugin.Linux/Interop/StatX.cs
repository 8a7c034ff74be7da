using System.Runtime.InteropServices;

namespace Netplugin.Linux.Interop;

/// <summary>The fields of <c>struct statx</c> (<c>linux/stat.h</c>, 256 bytes) that say which file it is.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    /// <summary><c>stx_ino</c>.</summary>
    [FieldOffset(32)]
    internal ulong Inode;

    /// <summary><c>stx_dev_major</c>.</summary>
    [FieldOffset(136)]
    internal uint DeviceMajor;

    /// <summary><c>stx_dev_minor</c>.</summary>
    [FieldOffset(140)]
    internal uint DeviceMinor;
}
