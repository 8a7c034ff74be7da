using System.Runtime.InteropServices;

namespace Netplugin.Linux.Bpf.Interop;

/// <summary>The head of <c>struct bpf_object_open_opts</c>; <see cref="Size"/> tells libbpf how much of it there is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ObjectOpenOptions
{
    internal nuint Size;
    internal byte* Name;
}

/// <summary>The head of <c>struct bpf_map_create_opts</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MapCreateOptions
{
    internal nuint Size;
    internal uint Btf;
    internal uint BtfKeyType;
    internal uint BtfValueType;
    internal uint BtfVmlinuxValueType;

    /// <summary>The descriptor of a map that is like those which a map of maps holds.</summary>
    internal uint InnerMap;
    internal uint Flags;
}

/// <summary><c>struct bpf_test_run_opts</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TestRunOptions
{
    internal nuint Size;
    internal void* DataIn;
    internal void* DataOut;
    internal uint DataSizeIn;
    internal uint DataSizeOut;
    internal void* ContextIn;
    internal void* ContextOut;
    internal uint ContextSizeIn;
    internal uint ContextSizeOut;
    internal uint ReturnValue;
    internal int Repeat;
    internal uint Duration;
    internal uint Flags;
    internal uint Cpu;
    internal uint BatchSize;
}

/// <summary>The head of <c>struct bpf_prog_info</c>, <c>linux/bpf.h</c>: the kernel fills as much as it is given room for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramInfo
{
    internal uint Type;
    internal uint Id;

    /// <summary>A hash of the instructions, the same for the same program however often it is loaded.</summary>
    internal ulong Tag;
    internal uint JitedLength;
    internal uint TranslatedLength;
    internal ulong Jited;
    internal ulong Translated;
    internal ulong LoadTime;
    internal uint CreatedBy;

    /// <summary>How many maps there is room for; comes back as how many the program uses.</summary>
    internal uint MapCount;

    /// <summary>Where to put their numbers.</summary>
    internal ulong Maps;
}

/// <summary><c>struct bpf_map_info</c>, <c>linux/bpf.h</c>, up to the BTF ids.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MapInfo
{
    internal uint Type;
    internal uint Id;
    internal uint KeySize;
    internal uint ValueSize;
    internal uint MaxEntries;
    internal uint Flags;
    internal ulong Name0;
    internal ulong Name1;
    internal uint IfIndex;
    internal uint VmlinuxValueType;
    internal ulong NamespaceDevice;
    internal ulong NamespaceInode;
    internal uint BtfId;
    internal uint BtfKeyType;
    internal uint BtfValueType;
    internal uint Padding;
}
