using System.Runtime.InteropServices;

namespace Netplugin.Linux.Bpf.Interop;

// Objects, their maps and programs: <bpf/libbpf.h> of libbpf 1.1 and later.
// The name has the soname's suffix: the bare one is a link that only development packages bring.
// SetLastError everywhere: without it the generator declares a bare DllImport, which is banned, in a file that no rule here reaches.
internal static unsafe partial class LibBpf
{
    private const string Library = "libbpf.so.1";

    /// <summary>bpf_object__open_mem: NULL and errno on error.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    internal static partial nint OpenObject(byte* image, nuint size, ObjectOpenOptions* options);

    /// <summary>bpf_object__load: a negative error number on error.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    internal static partial int LoadObject(nint handle);

    /// <summary>bpf_object__close.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__close", SetLastError = true)]
    internal static partial void CloseObject(nint handle);

    /// <summary>bpf_object__btf: owned by the object; NULL when there is none.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__btf", SetLastError = true)]
    internal static partial nint ObjectBtf(nint handle);

    /// <summary>btf__raw_data: owned by the BTF.</summary>
    [LibraryImport(Library, EntryPoint = "btf__raw_data", SetLastError = true)]
    internal static partial byte* BtfData(nint btf, uint* size);

    /// <summary>btf__load_from_kernel_by_id: NULL and errno on error.</summary>
    [LibraryImport(Library, EntryPoint = "btf__load_from_kernel_by_id", SetLastError = true)]
    internal static partial nint LoadKernelBtf(uint id);

    /// <summary>btf__free.</summary>
    [LibraryImport(Library, EntryPoint = "btf__free", SetLastError = true)]
    internal static partial void FreeBtf(nint btf);

    /// <summary>bpf_object__next_map: NULL starts, NULL ends.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__next_map", SetLastError = true)]
    internal static partial nint NextMap(nint handle, nint previous);

    /// <summary>bpf_object__next_program: NULL starts, NULL ends.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_object__next_program", SetLastError = true)]
    internal static partial nint NextProgram(nint handle, nint previous);

    /// <summary>bpf_map__name: owned by the map.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__name", SetLastError = true)]
    internal static partial byte* MapName(nint map);

    /// <summary>bpf_map__fd: valid once loaded, owned by the map.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__fd", SetLastError = true)]
    internal static partial int MapDescriptor(nint map);

    /// <summary>bpf_map__type: <c>enum bpf_map_type</c>.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__type", SetLastError = true)]
    internal static partial uint MapType(nint map);

    /// <summary>bpf_map__key_size, bytes.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__key_size", SetLastError = true)]
    internal static partial uint MapKeySize(nint map);

    /// <summary>bpf_map__value_size, bytes.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__value_size", SetLastError = true)]
    internal static partial uint MapValueSize(nint map);

    /// <summary>bpf_map__max_entries.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__max_entries", SetLastError = true)]
    internal static partial uint MapMaxEntries(nint map);

    /// <summary>bpf_map__map_flags.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__map_flags", SetLastError = true)]
    internal static partial uint MapFlags(nint map);

    /// <summary>bpf_map__btf_key_type_id, in the object's BTF.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__btf_key_type_id", SetLastError = true)]
    internal static partial uint MapKeyType(nint map);

    /// <summary>bpf_map__btf_value_type_id, in the object's BTF.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__btf_value_type_id", SetLastError = true)]
    internal static partial uint MapValueType(nint map);

    /// <summary>bpf_map__set_max_entries, before loading.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries", SetLastError = true)]
    internal static partial int SetMapMaxEntries(nint map, uint count);

    /// <summary>bpf_map__set_pin_path, before loading: an existing pin is then reused, and a new map pinned there.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map__set_pin_path", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetMapPinPath(nint map, string path);

    /// <summary>bpf_program__name: owned by the program.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_program__name", SetLastError = true)]
    internal static partial byte* ProgramName(nint program);

    /// <summary>bpf_program__set_autoload, before loading.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload", SetLastError = true)]
    internal static partial int SetProgramLoaded(nint program, [MarshalAs(UnmanagedType.U1)] bool load);

    /// <summary>bpf_program__fd: valid once loaded, owned by the program.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_program__fd", SetLastError = true)]
    internal static partial int ProgramDescriptor(nint program);

    /// <summary>libbpf_num_possible_cpus: how many values a per-CPU element has.</summary>
    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus", SetLastError = true)]
    internal static partial int PossibleCpus();

    /// <summary>libbpf_set_print.</summary>
    [LibraryImport(Library, EntryPoint = "libbpf_set_print", SetLastError = true)]
    internal static partial nint SetPrint(delegate* unmanaged<int, byte*, nint, int> print);
}
