using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// Sockets of the test in pods, nodes and outside. Each place answers with its name, by TCP and UDP, and asks others: so who reaches whom is known of everybody in a second, and without Kubernetes' help.
/// </summary>
public sealed class Speakers : IDisposable
{
    /// <summary>Where every place answers.</summary>
    public static readonly int[] Ports = [9000, 9001, 9002];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly IPAddress[] Anywhere = [IPAddress.Any, IPAddress.IPv6Any];
    private readonly Dictionary<string, string> _namespaces = [];
    private readonly List<Socket> _listeners = [];

    /// <summary>Has a place answer and ask.</summary>
    /// <param name="name">What it answers.</param>
    /// <param name="place">The place.</param>
    public void Add(string name, Place place)
    {
        string networkNamespace = place.NetworkNamespace();
        _namespaces.Add(name, networkNamespace);
        byte[] answer = Encoding.ASCII.GetBytes(name);
        foreach ((int port, IPAddress any) in Ports.SelectMany(port => Anywhere.Select(any => (port, any))))
        {
            Socket tcp = TcpSockets.Open(networkNamespace, any.AddressFamily), udp = UdpSockets.Open(networkNamespace, port, any);
            _listeners.AddRange([tcp, udp]);
            if (any.AddressFamily == AddressFamily.InterNetworkV6)
            {
                tcp.DualMode = false;
            }

            tcp.Bind(new IPEndPoint(any, port));
            tcp.Listen();
            _ = UntilDisposedAsync(async () =>
            {
                Socket asked = await tcp.AcceptAsync();
                _ = AnswerAllAsync(asked, answer);
            });
            _ = UntilDisposedAsync(async () =>
            {
                SocketReceiveFromResult asked = await udp.ReceiveFromAsync(new byte[64], new IPEndPoint(any, 0));
                await udp.SendToAsync(answer, asked.RemoteEndPoint);
            });
        }
    }

    /// <summary>Asks once, and waits a second for an answer.</summary>
    /// <returns>Who answered; null: nobody.</returns>
    public async Task<string?> AskAsync(string from, IPEndPoint target, Transport transport)
    {
        using var limit = new CancellationTokenSource(Patience);
        using Socket socket = Open(from, target, transport);
        try
        {
            await socket.ConnectAsync(target, limit.Token);
            return await SpeakAsync(socket, limit.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Connects to an answering place, to ask it by one connection again and again.</summary>
    public async Task<Socket> ConnectAsync(string from, IPEndPoint target)
    {
        Socket socket = Open(from, target, Transport.Tcp);
        using var limit = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(target, limit.Token);
        return socket;
    }

    /// <summary>Whether what is connected answers within a second. What it did not answer in time it may yet answer later.</summary>
    public static async Task<bool> AnswersAsync(Socket connected)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await SpeakAsync(connected, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    private static async Task<string> SpeakAsync(Socket connected, CancellationToken cancellationToken)
    {
        byte[] answer = new byte[64];
        await connected.SendAsync("who?"u8.ToArray(), cancellationToken);
        return Encoding.ASCII.GetString(answer, 0, await connected.ReceiveAsync(answer, cancellationToken));
    }

    private static async Task AnswerAllAsync(Socket asked, byte[] answer)
    {
        using (asked)
        {
            byte[] question = new byte[64];
            try
            {
                while (await asked.ReceiveAsync(question) > 0)
                {
                    await asked.SendAsync(answer);
                }
            }
            catch (SocketException)
            {
                // Who asked is gone.
            }
        }
    }

    private static async Task UntilDisposedAsync(Func<Task> answer)
    {
        while (true)
        {
            try
            {
                await answer();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                // An answer that could not be sent, or what the kernel tells of one before.
            }
        }
    }

    private Socket Open(string from, IPEndPoint target, Transport transport) => transport == Transport.Tcp
        ? TcpSockets.Open(_namespaces[from], target.AddressFamily)
        : UdpSockets.Open(_namespaces[from], 0, target.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);
}
