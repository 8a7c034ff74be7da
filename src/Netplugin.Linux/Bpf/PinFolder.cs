using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// The pins of a node, under one directory: <c>common/</c> holds what every build shares (the program array, the counters, the
/// stubs), and <c>g</c> with 16 hex digits the maps of one layout and size, in it <c>p</c> with 16 hex digits the programs of one build and the
/// maps that they alone use. Names have no dot, which the file system reserves.
/// </summary>
internal sealed class PinFolder(string root)
{
    internal string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    internal string Common => Path.Combine(Root, "common");

    internal string Generation(string name) => Path.Combine(Root, "g" + name);

    internal string Programs(string generation, string build) => Path.Combine(Generation(generation), "p" + build);

    /// <summary>Unpins the programs of other builds over the maps of a generation.</summary>
    internal void DeleteOtherPrograms(string generation, string build)
    {
        foreach (var other in Directory.GetDirectories(Generation(generation), "p*").Where(folder => folder != Programs(generation, build)))
        {
            Directory.Delete(other, recursive: true);
        }
    }

    /// <summary>The generations that have a folder.</summary>
    internal IEnumerable<string> Generations() =>
        Directory.Exists(Root)
            ? Directory.EnumerateDirectories(Root, "g*").Select(path => Path.GetFileName(path)[1..]).Where(IsGeneration)
            : [];

    /// <summary>Opens a pinned map or program.</summary>
    /// <exception cref="KernelException">There is none, or not one that may be opened.</exception>
    internal static SafeFileHandle Open(string path)
    {
        var descriptor = LibBpf.OpenPin(path);
        return descriptor < 0 ? throw new KernelException("open the pin", path, -descriptor) : new(descriptor, ownsHandle: true);
    }

    /// <summary>Pins a program.</summary>
    /// <exception cref="KernelException">The kernel refuses, or something is pinned there.</exception>
    internal static void Pin(SafeFileHandle program, string path)
    {
        var result = LibBpf.Pin(program, path);
        if (result < 0)
        {
            throw new KernelException("pin the program", path, -result);
        }
    }

    internal void DeleteGeneration(string name) => Directory.Delete(Generation(name), recursive: true);

    /// <summary>Unpins everything and removes the folder; what is in use by an attached program lives on without a name.</summary>
    internal void DeleteAll()
    {
        foreach (var generation in Generations().ToArray())
        {
            DeleteGeneration(generation);
        }

        if (Directory.Exists(Common))
        {
            Directory.Delete(Common, recursive: true);
        }

        // Where a file system was mounted for it, it is that one's root.
        if (Directory.Exists(Root) && BpfFileSystem.IsBpf(Path.GetDirectoryName(Root)!) && !Directory.EnumerateFileSystemEntries(Root).Any())
        {
            Directory.Delete(Root);
        }
    }

    private static bool IsGeneration(string name) =>
        name.Length == 16 && ulong.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
}
