namespace Netplugin.Tests.Linux.Kernel;

/// <summary>Counts what this process holds open.</summary>
internal static class Descriptors
{
    /// <summary>Open descriptors, the listing's own left out of every count alike.</summary>
    internal static int Count() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
