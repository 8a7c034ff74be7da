using K8contivnet.Interop;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Cni;

namespace K8contivnet;

/// <summary>
/// A detach that found no daemon, left as a file for the one that starts next. The file is the request itself, named by
/// container and interface so that a repeated detach does not pile up.
/// </summary>
internal static class PendingRequest
{
    private const int MaxName = 200; // NAME_MAX is 255; the interface and the suffix come on top

    /// <summary>Writes the file: whole or not at all, on the disk before this returns, readable by root only.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void Record(string socketPath, string containerId, string suffix, ReadOnlySpan<byte> request)
    {
        var end = socketPath.LastIndexOf('/');
        if (end < 0 || containerId.Length > MaxName || !CniRules.IsContainerId(containerId))
        {
            throw new IOException("the request has no name to be recorded under");
        }

        // Made by hand when no daemon ever ran since the boot: /run is empty then.
        var parent = end == 0 ? "/" : socketPath[..end];
        Posix.MakeDirectory(parent);
        var folder = parent + "/" + NodeProtocol.PendingFolder;
        Posix.MakeDirectory(folder);

        var path = folder + "/" + containerId + suffix + ".json";
        var draft = folder + "/." + (uint)Environment.ProcessId;
        Posix.Unlink(draft);
        Write(draft, request);
        Posix.Rename(draft, path);
        SyncFolder(folder);
    }

    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        var file = Posix.Open(path, Libc.WriteOnly | Libc.Create | Libc.Exclusive, 0x180 /* 0600 */);
        if (file < 0)
        {
            throw Posix.Failed(path, -file);
        }

        try
        {
            Posix.WriteAll(file, content);
            Posix.Fsync(file);
        }
        finally
        {
            _ = Libc.Close(file);
        }
    }

    private static void SyncFolder(string folder)
    {
        var descriptor = Posix.Open(folder, Libc.ReadOnly);
        if (descriptor < 0)
        {
            throw Posix.Failed(folder, -descriptor);
        }

        try
        {
            Posix.Fsync(descriptor);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
