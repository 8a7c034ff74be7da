using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes.Reachability;

/// <summary>Sockets in every pod: each sends numbered questions, and notes which it gets.</summary>
public sealed class Probes : IDisposable
{
    private readonly List<(Socket V4, Socket V6)> _pods = [];
    private readonly ConcurrentDictionary<int, ConcurrentBag<int>> _arrived = new();
    private readonly CancellationTokenSource _end = new();
    private readonly IReadOnlyList<string> _namespaces;
    private int _sent;

    /// <summary>Opens them.</summary>
    /// <param name="networkNamespaces">The pods' network namespaces, by number.</param>
    public Probes(IReadOnlyList<string> networkNamespaces)
    {
        _namespaces = networkNamespaces;
        for (int pod = 0; pod < networkNamespaces.Count; pod++)
        {
            _pods.Add((UdpSockets.Open(networkNamespaces[pod], World.Port), UdpSockets.Open(networkNamespaces[pod], World.Port, IPAddress.IPv6Any)));
            _ = ListenAsync(_pods[pod].V4, pod);
            _ = ListenAsync(_pods[pod].V6, pod);
        }
    }

    /// <summary>How many questions were sent.</summary>
    public int Sent => _sent;

    /// <summary>The pods that a question got to, by number.</summary>
    public IReadOnlyCollection<int> ReachedBy(int question) => _arrived.TryGetValue(question, out ConcurrentBag<int>? pods) ? pods : [];

    /// <summary>Sends questions of a pod from a port that it had not used before.</summary>
    /// <param name="from">The pod.</param>
    /// <param name="targets">Where to.</param>
    /// <returns>The questions' numbers, in the order of the targets.</returns>
    public int[] Send(int from, IEnumerable<IPEndPoint> targets)
    {
        using Socket v4 = UdpSockets.Open(_namespaces[from]), v6 = UdpSockets.Open(_namespaces[from], 0, IPAddress.IPv6Any);
        return [.. targets.Select(target => Send(target.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : v4, target))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        foreach ((Socket v4, Socket v6) in _pods)
        {
            v4.Dispose();
            v6.Dispose();
        }

        _end.Dispose();
    }

    private int Send(Socket socket, IPEndPoint target)
    {
        int question = Interlocked.Increment(ref _sent);
        byte[] payload = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(payload, question);
        try
        {
            socket.SendTo(payload, target);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.ConnectionRefused)
        {
            // No way there, of that family or at all: then it arrives nowhere.
        }

        return question;
    }

    private async Task ListenAsync(Socket socket, int pod)
    {
        byte[] buffer = new byte[64];
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(buffer, socket.LocalEndPoint!, _end.Token);
                if (got.ReceivedBytes == sizeof(int))
                {
                    _arrived.GetOrAdd(BinaryPrimitives.ReadInt32BigEndian(buffer), _ => []).Add(pod);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
