using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// The programs behind the stubs, pinned with the maps that are theirs alone. The verifier takes most of a daemon's start; one that is started
/// again takes the programs of its own build as they are.
/// </summary>
internal static class ProgramPins
{
    /// <summary>Opens the pinned programs. Null unless each of them is there.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static ImmutableDictionary<string, SafeFileHandle>? Find(string folder, IReadOnlyCollection<string> names) =>
        names.All(name => File.Exists(Path.Combine(folder, name)))
            ? names.ToImmutableDictionary(name => name, name => PinFolder.Open(Path.Combine(folder, name)))
            : null;

    /// <summary>True when the programs use no maps but these. Where somebody removed a map's pin another map has its place, which they do not know.</summary>
    /// <param name="programs">The programs.</param>
    /// <param name="maps">The maps' numbers in the kernel.</param>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static bool UseOnly(ImmutableDictionary<string, SafeFileHandle> programs, IReadOnlySet<uint> maps) =>
        programs.All(program => KernelInfo.MapsOf(program.Value, program.Key).All(maps.Contains));

    /// <summary>Pins the programs, in the place of what is there by their names.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static void Pin(string folder, ImmutableDictionary<string, SafeFileHandle> programs)
    {
        foreach (var (name, program) in programs)
        {
            var path = Path.Combine(folder, name);
            File.Delete(path);
            PinFolder.Pin(program, path);
        }
    }
}
