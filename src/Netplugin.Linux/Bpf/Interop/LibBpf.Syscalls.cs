using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Bpf.Interop;

// Thin wrappers of bpf(2): <bpf/bpf.h>. Each returns a negative error number on error.
internal static unsafe partial class LibBpf
{
    /// <summary>BPF_MAP_CREATE: a descriptor.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_create", SetLastError = true)]
    internal static partial int CreateMap(uint type, byte* name, uint keySize, uint valueSize, uint maxEntries, MapCreateOptions* options);

    /// <summary>BPF_MAP_UPDATE_ELEM.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    internal static partial int UpdateElement(SafeFileHandle map, void* key, void* value, ulong flags);

    /// <summary>BPF_MAP_LOOKUP_ELEM.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    internal static partial int LookupElement(SafeFileHandle map, void* key, void* value);

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_ELEM: of a queue, whose key is NULL, the oldest value; -ENOENT when there is none.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_elem", SetLastError = true)]
    internal static partial int TakeElement(SafeFileHandle map, void* key, void* value);

    /// <summary>BPF_MAP_DELETE_ELEM.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem", SetLastError = true)]
    internal static partial int DeleteElement(SafeFileHandle map, void* key);

    /// <summary>BPF_MAP_GET_NEXT_KEY: NULL asks for the first key; -ENOENT is the end.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_get_next_key", SetLastError = true)]
    internal static partial int NextKey(SafeFileHandle map, void* key, void* next);

    /// <summary>BPF_MAP_UPDATE_BATCH: <paramref name="count"/> comes back as how many were done.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_update_batch", SetLastError = true)]
    internal static partial int UpdateBatch(SafeFileHandle map, void* keys, void* values, uint* count, void* options);

    /// <summary>BPF_MAP_LOOKUP_BATCH: -ENOENT is the end, with <paramref name="count"/> elements read.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_batch", SetLastError = true)]
    internal static partial int LookupBatch(SafeFileHandle map, void* from, void* next, void* keys, void* values, uint* count, void* options);

    /// <summary>BPF_OBJ_PIN.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_obj_pin", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Pin(SafeFileHandle handle, string path);

    /// <summary>BPF_OBJ_GET: a descriptor.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_obj_get", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenPin(string path);

    /// <summary>BPF_OBJ_GET_INFO_BY_FD.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd", SetLastError = true)]
    internal static partial int GetInfo(SafeFileHandle handle, void* info, uint* size);

    /// <summary>BPF_PROG_TEST_RUN.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_prog_test_run_opts", SetLastError = true)]
    internal static partial int TestRun(SafeFileHandle program, TestRunOptions* options);
}
