using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Sockets;

/// <summary>
/// A listening Unix stream socket that only root can reach, from the moment it exists. A lock file beside it keeps a second daemon
/// away; what a killed one left is replaced by a rename, so a client never finds the path missing.
/// </summary>
public sealed class UnixListener : IDisposable
{
    /// <summary>Connections that wait to be accepted: a node starts at most a few hundred pods at once.</summary>
    private const int Backlog = 512;

    /// <summary><c>sizeof(sun_path)</c> - 1, unix(7).</summary>
    private const int LongestPath = 107;

    /// <summary>0600: read and write for the owner, nothing for others.</summary>
    private const uint OwnerOnly = 6 << 6;

    private readonly Socket _socket;
    private readonly SafeFileHandle _lock;

    private UnixListener(string path, Socket socket, SafeFileHandle fileLock)
    {
        Path = path;
        _socket = socket;
        _lock = fileLock;
    }

    /// <summary>Where it listens.</summary>
    public string Path { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="path">At most 103 bytes; its folder exists.</param>
    /// <exception cref="KernelException">Kind is Busy when another process listens there.</exception>
    /// <exception cref="ArgumentException">The path is too long for a Unix socket.</exception>
    public static UnixListener Listen(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var temporary = path + ".new";
        if (Encoding.UTF8.GetByteCount(temporary) > LongestPath)
        {
            throw new ArgumentException($"the socket path {path} is longer than {LongestPath - 4} bytes", nameof(path));
        }

        var fileLock = TakeLock(path);
        Socket? socket = null;
        try
        {
            File.Delete(temporary);
            socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            // bind(2) makes the file with the socket's own mode, so there is no moment in which others could connect.
            if (Libc.ChangeMode(socket.SafeHandle, OwnerOnly) != 0)
            {
                throw KernelException.FromLastError("restrict the socket", path);
            }

            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            socket.Listen(Backlog);
            File.Move(temporary, path, overwrite: true);
            return new(path, socket, fileLock);
        }
        catch
        {
            socket?.Dispose();
            fileLock.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next client.</summary>
    public async ValueTask<UnixConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        var accepted = await _socket.AcceptAsync(cancellationToken);
        try
        {
            return new(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening and removes the path; connections go on.</summary>
    public void Dispose()
    {
        File.Delete(Path);
        _socket.Dispose();
        _lock.Dispose();
    }

    private static SafeFileHandle TakeLock(string path)
    {
        var name = path + ".lock";
        var handle = Libc.Open(name, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec, OwnerOnly);
        if (handle.IsInvalid)
        {
            throw KernelException.FromLastError("open", name);
        }

        if (Libc.Lock(handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw new KernelException("listen on", path, errno, errno == Errno.Again ? "another process holds its lock: is netplugin running already?" : null);
        }

        return handle;
    }
}
