using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Sockets;

/// <summary>One end of a Unix stream connection, over which one descriptor may come with the first bytes.</summary>
public sealed class UnixConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly DescriptorStream _stream;

    internal UnixConnection(Socket socket)
    {
        _socket = socket;
        _stream = new(socket);
        Peer = ReadPeer(socket);
    }

    /// <summary>Who is at the other end.</summary>
    public PeerCredentials Peer { get; }

    /// <summary>The bytes. The first read also receives a descriptor, if one was sent with them.</summary>
    public Stream Stream => _stream;

    /// <summary>The socket itself, for tests that send what <see cref="SendAsync"/> does not.</summary>
    internal SafeHandle Handle => _socket.SafeHandle;

    /// <summary>Connects to a listener.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the caller may not.</exception>
    public static async Task<UnixConnection> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor that came with the first read, which becomes the caller's; null when none came or it was taken.</summary>
    public SafeFileHandle? TakeDescriptor() => _stream.TakeDescriptor();

    /// <summary>Sends bytes, and a descriptor with the first of them (<c>SCM_RIGHTS</c>).</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="descriptor">Stays the caller's.</param>
    /// <param name="cancellationToken">Gives up; part of the bytes may have been sent.</param>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle descriptor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        DescriptorMessage.SendFirstByte(_socket.SafeHandle, bytes.Span[0], descriptor);
        await _stream.WriteAsync(bytes[1..], cancellationToken);
    }

    /// <summary>Tells the peer that nothing more will be sent.</summary>
    public void CompleteSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes the connection, and the descriptor if nobody took it.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private static unsafe PeerCredentials ReadPeer(Socket socket)
    {
        PeerCredentialStructure credentials;
        var length = (uint)sizeof(PeerCredentialStructure);
        if (Libc.GetOption(socket.SafeHandle, Libc.LevelSocket, Libc.OptionPeerCredentials, &credentials, ref length) != 0)
        {
            throw KernelException.FromLastError("read the credentials of", "a client");
        }

        return new(credentials.Process, credentials.User, credentials.Group);
    }
}
