using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Namespaces;

/// <summary>
/// A network namespace held by a descriptor (network_namespaces(7)). The descriptor keeps the namespace and its devices alive,
/// so close it as soon as the work is done.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const string OwnPath = "/proc/thread-self/ns/net";

    private NetworkNamespace(SafeFileHandle handle, string name)
    {
        Handle = handle;
        Name = name;
        Id = Identify(handle, name);
    }

    /// <summary>Which namespace it is.</summary>
    public NamespaceId Id { get; }

    /// <summary>How messages name it: the path it was opened by, or the number of a received descriptor.</summary>
    public string Name { get; }

    internal SafeFileHandle Handle { get; }

    /// <summary>The namespace of the calling thread.</summary>
    public static NetworkNamespace OpenOwn() => Open(OwnPath);

    /// <summary>Opens a namespace by path.</summary>
    /// <exception cref="KernelException">Kind is NotFound when the namespace is gone: no such path, or what is left is a plain file.</exception>
    public static NetworkNamespace Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // Not waiting, should the path be a pipe.
        var handle = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenNonBlocking | Libc.OpenCloseOnExec, 0);
        if (handle.IsInvalid)
        {
            throw KernelException.FromLastError("open the network namespace", path);
        }

        return Adopt(handle, path);
    }

    /// <summary>Opens a namespace by path; false when it is gone, as a pod's is after the runtime has torn it down.</summary>
    /// <exception cref="KernelException">It is there, but cannot be opened.</exception>
    public static bool TryOpen(string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NetworkNamespace? found)
    {
        try
        {
            found = Open(path);
            return true;
        }
        catch (KernelException gone) when (gone.Kind == KernelErrorKind.NotFound)
        {
            found = null;
            return false;
        }
    }

    /// <summary>Takes over a descriptor that another process sent.</summary>
    /// <exception cref="KernelException">It is not a network namespace; the descriptor is closed.</exception>
    public static NetworkNamespace FromHandle(SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Adopt(handle, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"descriptor {handle.DangerousGetHandle()}"));
    }

    /// <summary>Makes a namespace that lives as long as a descriptor, a socket or a process holds it.</summary>
    public static NetworkNamespace CreateAnonymous() => NamespaceEntry.Run(() =>
    {
        EnterNew();
        return Open(OwnPath);
    });

    /// <summary>Makes a namespace and binds it to a path, as <c>ip netns add</c> does; <see cref="Remove"/> ends it.</summary>
    /// <param name="path">A path that does not exist yet, in a folder that does.</param>
    public static NetworkNamespace CreateBound(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using (var placeholder = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCreate | Libc.OpenCloseOnExec, 0))
        {
            if (placeholder.IsInvalid)
            {
                throw KernelException.FromLastError("create", path);
            }
        }

        return NamespaceEntry.Run(() =>
        {
            EnterNew();
            if (Libc.Mount(OwnPath, path, null, Libc.MountBind, 0) != 0)
            {
                throw KernelException.FromLastError("bind a namespace to", path);
            }

            return Open(path);
        });
    }

    /// <summary>Unbinds a namespace from its path and removes the path; both may be gone already.</summary>
    public static void Remove(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Libc.Unmount(path, Libc.UnmountDetach) != 0
            && Marshal.GetLastPInvokeError() is not (Errno.Invalid or Errno.NoEntry))
        {
            throw KernelException.FromLastError("unmount", path);
        }

        File.Delete(path);
    }

    /// <summary>
    /// Runs synchronous work inside the namespace, on a thread of its own, and returns its result. The work must not start
    /// tasks, timers or threads: they would be born in this namespace and stay there.
    /// </summary>
    public T Run<T>(Func<T> work) => Start(work).GetAwaiter().GetResult();

    /// <summary>Does nothing to the namespace: only lets go of it.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>How messages name it.</summary>
    public override string ToString() => Name;

    /// <summary>As <see cref="Run"/>, for a caller that does something else meanwhile.</summary>
    internal Task<T> Start<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return NamespaceEntry.Start(() =>
        {
            Enter();
            return work();
        });
    }

    internal void Enter()
    {
        if (Libc.SetNamespace(Handle, Libc.CloneNewNet) != 0)
        {
            throw KernelException.FromLastError("enter the network namespace", Name);
        }
    }

    private static void EnterNew()
    {
        if (Libc.Unshare(Libc.CloneNewNet) != 0)
        {
            throw KernelException.FromLastError("create a network namespace", string.Empty);
        }
    }

    private static NetworkNamespace Adopt(SafeFileHandle handle, string name)
    {
        try
        {
            // What is left of a namespace's path after the namespace was unmounted is a plain file, which refuses this call.
            var type = Libc.Control(handle, Libc.NsGetType, 0);
            if (type < 0 && Marshal.GetLastPInvokeError() is Errno.NotTty or Errno.Invalid)
            {
                throw new KernelException("open the network namespace", name, Errno.NoEntry, "the path is no namespace (any more)");
            }

            if (type < 0)
            {
                throw KernelException.FromLastError("identify the namespace", name);
            }

            if (type != Libc.CloneNewNet)
            {
                throw new KernelException("open the network namespace", name, Errno.Invalid, "it is a namespace of another kind");
            }

            return new(handle, name);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static NamespaceId Identify(SafeFileHandle handle, string name)
    {
        if (Libc.StatX(handle, string.Empty, Libc.AtEmptyPath, Libc.StatxInode, out var stat) != 0)
        {
            throw KernelException.FromLastError("identify the namespace", name);
        }

        return new((ulong)stat.DeviceMajor << 32 | stat.DeviceMinor, stat.Inode);
    }
}
