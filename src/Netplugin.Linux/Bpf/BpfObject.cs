using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>An object file being loaded: open, set sizes and pins, load, take descriptors, dispose. What was pinned stays.</summary>
internal sealed unsafe class BpfObject : IDisposable
{
    private readonly Dictionary<string, nint> _maps = new(StringComparer.Ordinal);
    private nint _handle;

    private BpfObject(nint handle)
    {
        _handle = handle;
        for (var map = LibBpf.NextMap(handle, 0); map != 0; map = LibBpf.NextMap(handle, map))
        {
            _maps.Add(Marshal.PtrToStringUTF8((nint)LibBpf.MapName(map))!, map);
        }

        uint size;
        var data = LibBpf.BtfData(LibBpf.ObjectBtf(handle), &size);
        Types = new(new ReadOnlySpan<byte>(data, checked((int)size)));
    }

    /// <summary>The object's types.</summary>
    internal BtfTypes Types { get; }

    /// <summary>The names of the maps.</summary>
    internal IEnumerable<string> Maps => _maps.Keys;

    /// <summary>The names of the programs, in the file's order.</summary>
    internal IReadOnlyList<string> Programs
    {
        get
        {
            var names = new List<string>();
            for (var program = LibBpf.NextProgram(_handle, 0); program != 0; program = LibBpf.NextProgram(_handle, program))
            {
                names.Add(Marshal.PtrToStringUTF8((nint)LibBpf.ProgramName(program))!);
            }

            return names;
        }
    }

    /// <summary>Reads an object file; nothing reaches the kernel yet.</summary>
    /// <exception cref="KernelException">libbpf cannot read it.</exception>
    internal static BpfObject Open(ReadOnlySpan<byte> image)
    {
        LibBpfLog.Begin();
        nint handle;
        int errno;
        fixed (byte* bytes = image)
        fixed (byte* name = "netplugin\0"u8)
        {
            var options = new ObjectOpenOptions { Size = (nuint)sizeof(ObjectOpenOptions), Name = name };
            handle = LibBpf.OpenObject(bytes, (nuint)image.Length, &options);
            errno = Marshal.GetLastPInvokeError();
        }

        var said = LibBpfLog.End();
        return handle == 0 ? throw new KernelException("read the eBPF object", "", errno, said) : new(handle);
    }

    /// <summary>What a map will be like with the sizes set so far.</summary>
    internal MapDefinition Definition(string name)
    {
        var map = _maps[name];
        return new(
            name, LibBpf.MapType(map), LibBpf.MapKeySize(map), LibBpf.MapValueSize(map), LibBpf.MapMaxEntries(map), LibBpf.MapFlags(map),
            FieldsOf(LibBpf.MapKeyType(map)), FieldsOf(LibBpf.MapValueType(map)));
    }

    /// <summary>Sets a map's size, before loading.</summary>
    internal void SetSize(string name, uint entries) => Check(LibBpf.SetMapMaxEntries(_maps[name], entries), "set the size of the map", name);

    /// <summary>Has loading reuse the map that is pinned there, or make a new one and pin it.</summary>
    internal void SetPin(string name, string path) => Check(LibBpf.SetMapPinPath(_maps[name], path), "pin the map", path);

    /// <summary>Has loading leave a program out.</summary>
    internal void LeaveOut(string program) => Check(LibBpf.SetProgramLoaded(FindProgram(program), false), "leave out the program", program);

    /// <summary>Makes the maps and passes the programs through the verifier.</summary>
    /// <exception cref="KernelException">The kernel refuses; the detail holds the verifier's log, or which pinned map is of another kind.</exception>
    internal void Load()
    {
        LibBpfLog.Begin();
        var result = LibBpf.LoadObject(_handle);
        var said = LibBpfLog.End();
        if (result < 0)
        {
            throw new KernelException("load the eBPF programs", "", -result, said);
        }
    }

    /// <summary>A descriptor of a loaded map that outlives the object.</summary>
    internal SafeFileHandle TakeMap(string name) => Duplicate(LibBpf.MapDescriptor(_maps[name]), name);

    /// <summary>A descriptor of a loaded program that outlives the object.</summary>
    internal SafeFileHandle TakeProgram(string name) => Duplicate(LibBpf.ProgramDescriptor(FindProgram(name)), name);

    /// <summary>The numbers that the kernel has given the loaded maps.</summary>
    internal IReadOnlySet<uint> MapNumbers() => _maps.Select(map => NumberOf(map.Key, map.Value)).ToHashSet();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle != 0)
        {
            LibBpf.CloseObject(_handle);
            _handle = 0;
        }
    }

    private static uint NumberOf(string name, nint map)
    {
        using var borrowed = new SafeFileHandle(LibBpf.MapDescriptor(map), ownsHandle: false);
        return KernelInfo.OfMap(borrowed, name).Id;
    }

    private static void Check(int result, string operation, string subject)
    {
        if (result < 0)
        {
            throw new KernelException(operation, subject, -result);
        }
    }

    private static SafeFileHandle Duplicate(int descriptor, string name)
    {
        using var borrowed = new SafeFileHandle(descriptor, ownsHandle: false);
        var own = Libc.Duplicate(borrowed, Libc.DuplicateCloseOnExec, 3);
        return own.IsInvalid ? throw KernelException.FromLastError("duplicate the descriptor of", name) : own;
    }

    private nint FindProgram(string name)
    {
        for (var program = LibBpf.NextProgram(_handle, 0); program != 0; program = LibBpf.NextProgram(_handle, program))
        {
            if (Marshal.PtrToStringUTF8((nint)LibBpf.ProgramName(program)) == name)
            {
                return program;
            }
        }

        throw new ArgumentException($"the eBPF object has no program {name}", nameof(name));
    }

    private IReadOnlyList<BtfField> FieldsOf(uint type) => type == 0 ? [] : Types.FieldsOf(type);
}
