using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Support.Traffic;

/// <summary>
/// One connection from a pod to a real redis-server in another that has a counter go up, over and over. redis counts every command once,
/// so an answer out of order tells of one that was lost or repeated; a reset ends the connection.
/// </summary>
public sealed class RedisConnection : IDisposable
{
    private readonly Socket _client;
    private readonly byte[] _command = Encoding.ASCII.GetBytes($"INCR {Guid.NewGuid():N}\r\n");
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task<int> _counting;
    private volatile int _counted;

    private RedisConnection(Socket client)
    {
        _client = client;
        _counting = CountAsync();
    }

    /// <summary>How many commands were answered so far.</summary>
    public int Counted => _counted;

    /// <summary>Connects from a pod to a redis-server, and begins to count.</summary>
    /// <param name="from">The pod's network namespace.</param>
    /// <param name="redis">Where redis is reached.</param>
    public static async Task<RedisConnection> OpenAsync(string from, IPEndPoint redis)
    {
        Socket client = TcpSockets.Open(from, redis.AddressFamily);
        await client.ConnectAsync(redis);
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
        byte[] answer = new byte[64];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!_stopped.IsCancellationRequested)
        {
            await _client.SendAsync(_command);
            int length = 0;
            while (length == 0 || answer[length - 1] != '\n')
            {
                int got = await _client.ReceiveAsync(answer.AsMemory(length));
                length += got > 0 ? got : throw new IOException($"The connection was closed after {_counted} commands.");
            }

            string said = Encoding.ASCII.GetString(answer, 0, length);
            _counted++;
            if (said != string.Create(CultureInfo.InvariantCulture, $":{_counted}\r\n"))
            {
                throw new IOException($"Command {_counted} was answered with {said}.");
            }

            await timer.WaitForNextTickAsync();
        }

        return _counted;
    }
}
