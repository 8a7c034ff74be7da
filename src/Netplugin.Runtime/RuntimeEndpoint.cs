using System.Net.Sockets;
using Grpc.Net.Client;

namespace Netplugin.Runtime;

/// <summary>Opens a gRPC channel to a runtime's Unix socket.</summary>
internal static class RuntimeEndpoint
{
    // A node's 250 pods with their annotations are a few hundred KiB; the kubelet allows the same.
    private const int MaxMessage = 16 << 20;

    /// <summary>The socket's path in <c>unix:///path</c>, <c>unix:/path</c> or <c>/path</c>.</summary>
    /// <exception cref="ArgumentException">Not one of these.</exception>
    public static string SocketPath(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var path = endpoint.StartsWith("unix://", StringComparison.Ordinal) ? endpoint[7..]
            : endpoint.StartsWith("unix:", StringComparison.Ordinal) ? endpoint[5..]
            : endpoint;
        return path.StartsWith('/')
            ? path
            : throw new ArgumentException($"\"{endpoint}\" is not a runtime endpoint; write unix:///run/containerd/containerd.sock", nameof(endpoint));
    }

    public static GrpcChannel Open(string socketPath)
    {
        var address = new UnixDomainSocketEndPoint(socketPath);
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(address, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };

        // The name is not resolved: it is only what a gRPC address must look like.
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessage,
        });
    }
}
