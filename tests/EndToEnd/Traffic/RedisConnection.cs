using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd.Traffic;

/// <summary>
/// One connection from a pod to a real redis-server in another that has a counter go up, over and over. redis counts every command once,
/// so an answer out of order tells of one that was lost or repeated; a reset ends the connection.
/// </summary>
internal sealed class RedisConnection : IDisposable
{
    private const int Port = 6379;

    private readonly Socket _client;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task<int> _counting;

    private RedisConnection(Socket client)
    {
        _client = client;
        _counting = CountAsync();
    }

    /// <summary>Starts redis-server in a pod, connects to it from another, and begins to count.</summary>
    public static async Task<RedisConnection> OpenAsync(Pod from, Pod to, string address)
    {
        await to.StartAsync("redis", "redis-server", "--port", Port.ToString(CultureInfo.InvariantCulture), "--save", "", "--protected-mode", "no");
        await Eventually.HoldsAsync("redis to answer", () => to.Run("redis-cli", "ping").ExitCode == 0);
        Socket client = InNamespace.Open(
            from.NetworkNamespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), Port));
        return new(client);
    }

    /// <summary>Stops and says how many commands were answered in order; throws what broke the connection, if anything did.</summary>
    public async Task<int> StopAsync()
    {
        await _stopped.CancelAsync();
        return await _counting;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _client.Dispose();
        _stopped.Dispose();
    }

    private async Task<int> CountAsync()
    {
        byte[] command = Encoding.ASCII.GetBytes("INCR counter\r\n");
        byte[] answer = new byte[64];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        int counted = 0;
        while (!_stopped.IsCancellationRequested)
        {
            await _client.SendAsync(command);
            int length = 0;
            while (length == 0 || answer[length - 1] != '\n')
            {
                int got = await _client.ReceiveAsync(answer.AsMemory(length));
                length += got > 0 ? got : throw new IOException($"The connection was closed after {counted} commands.");
            }

            string said = Encoding.ASCII.GetString(answer, 0, length);
            counted++;
            if (said != string.Create(CultureInfo.InvariantCulture, $":{counted}\r\n"))
            {
                throw new IOException($"Command {counted} was answered with {said}.");
            }

            await timer.WaitForNextTickAsync();
        }

        return counted;
    }
}
