using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Support.Traffic;

/// <summary>One connection after another from a pod to a real redis-server, each with a question and its answer.</summary>
public sealed class ConnectionSeries : IDisposable
{
    // A first packet that is lost comes again after a second, and then after two more.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(20);
    private static readonly byte[] Question = "PING\r\n"u8.ToArray();

    private readonly string _from;
    private readonly IPEndPoint _redis;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task<int> _asking;
    private volatile int _answered;

    private ConnectionSeries(string from, IPEndPoint redis)
    {
        (_from, _redis) = (from, redis);
        _asking = AskAsync();
    }

    /// <summary>How many connections were answered so far.</summary>
    public int Answered => _answered;

    /// <summary>Starts the series.</summary>
    /// <param name="from">The pod's network namespace.</param>
    /// <param name="redis">Where redis is reached.</param>
    public static ConnectionSeries Start(string from, IPEndPoint redis) => new(from, redis);

    /// <summary>Asks once.</summary>
    /// <param name="from">The pod's network namespace.</param>
    /// <param name="redis">Where redis is reached.</param>
    /// <exception cref="SocketException">The connection was refused or ended.</exception>
    /// <exception cref="OperationCanceledException">No answer came within 5 s.</exception>
    /// <exception cref="IOException">Something else was answered.</exception>
    public static async Task AskAsync(string from, IPEndPoint redis)
    {
        using Socket client = TcpSockets.Open(from, redis.AddressFamily);
        using var limit = new CancellationTokenSource(Limit);
        await client.ConnectAsync(redis, limit.Token);
        await client.SendAsync(Question, limit.Token);
        byte[] answer = new byte[64];
        int length = await client.ReceiveAsync(answer, limit.Token);
        string said = Encoding.ASCII.GetString(answer, 0, length);
        if (said != "+PONG\r\n")
        {
            throw new IOException($"{redis} answered \"{said}\".");
        }
    }

    /// <summary>Stops and says how many connections were answered; throws what one failed with, if one did.</summary>
    public async Task<int> StopAsync()
    {
        await _stopped.CancelAsync();
        return await _asking;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private async Task<int> AskAsync()
    {
        using var timer = new PeriodicTimer(Gap);
        do
        {
            await AskAsync(_from, _redis);
            _answered++;
            await timer.WaitForNextTickAsync();
        }
        while (!_stopped.IsCancellationRequested);

        return _answered;
    }
}
