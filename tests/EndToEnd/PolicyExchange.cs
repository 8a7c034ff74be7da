using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// UDP questions with numbers, one every millisecond, from one pod to another that answers each. It may begin before the pods have an interface: what cannot be sent yet has no number.
/// </summary>
internal sealed class PolicyExchange : IDisposable
{
    private const int Most = 2_000_000;
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(1);

    private readonly Socket _asking;
    private readonly Socket _answering;
    private readonly IPEndPoint _asked;
    private readonly BitArray _arrived = new(Most);
    private readonly BitArray _answered = new(Most);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _sending;
    private readonly Thread[] _receiving;
    private volatile int _sent;
    private int _arrivals;
    private int _answers;

    private PolicyExchange(string from, string to, IPEndPoint asked, int fromPort)
    {
        IPAddress any = asked.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        _asked = asked;
        _answering = UdpSockets.Open(to, asked.Port, any);
        _asking = UdpSockets.Open(from, fromPort, any);
        _receiving = [new(Answer) { IsBackground = true }, new(TakeAnswers) { IsBackground = true }];
        foreach (Thread thread in _receiving)
        {
            thread.Start();
        }

        _sending = SendAsync();
    }

    /// <summary>How many questions were sent.</summary>
    public int Sent => _sent;

    /// <summary>How many arrived.</summary>
    public int Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>How many answers came back.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>Begins.</summary>
    /// <param name="from">The asking pod's network namespace.</param>
    /// <param name="to">The asked pod's.</param>
    /// <param name="address">The asked pod's address.</param>
    /// <param name="port">The port that is asked.</param>
    /// <param name="fromPort">The port that asks; 0: any.</param>
    public static PolicyExchange Start(string from, string to, string address, int port, int fromPort = 0) => new(from, to, new(IPAddress.Parse(address), port), fromPort);

    /// <summary>Stops asking, and waits for what is on its way.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        await _sending;
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Answers < _sent && waited.Elapsed < TimeSpan.FromSeconds(1) && await timer.WaitForNextTickAsync())
        {
        }
    }

    /// <summary>The numbers, from one on, of questions that did not arrive.</summary>
    public IReadOnlyList<int> Lost(int first = 0) => Missing(_arrived, first);

    /// <summary>The numbers, from one on, of questions that were not answered.</summary>
    public IReadOnlyList<int> Unanswered(int first = 0) => Missing(_answered, first);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _sending.Wait();
        _asking.Dispose();
        _answering.Dispose();
        foreach (Thread thread in _receiving)
        {
            thread.Join();
        }

        _stopped.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_sent} sent, {Arrivals} arrived, {Answers} answered");

    private IReadOnlyList<int> Missing(BitArray there, int first)
    {
        lock (there)
        {
            return [.. Enumerable.Range(first, Math.Max(0, _sent - first)).Where(number => !there[number])];
        }
    }

    private async Task SendAsync()
    {
        byte[] number = new byte[4];
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Gap);
        int due = 0;
        while (!_stopped.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            // A late tick sends all that are due, so that there is one for every millisecond.
            for (int now = Math.Min(Most, (int)watch.ElapsedMilliseconds); due < now; due++)
            {
                BinaryPrimitives.WriteInt32BigEndian(number, _sent);
                if (TrySend(number))
                {
                    _sent++;
                }
            }
        }
    }

    private bool TrySend(byte[] number)
    {
        try
        {
            _asking.SendTo(number, _asked);
            return true;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown)
        {
            // The pod has no interface yet.
            return false;
        }
    }

    private void Answer() => Receive(_answering, (number, from) =>
    {
        Note(_arrived, number, ref _arrivals);
        _answering.SendTo(number, from);
    });

    private void TakeAnswers() => Receive(_asking, (number, _) => Note(_answered, number, ref _answers));

    private static void Note(BitArray there, byte[] number, ref int count)
    {
        lock (there)
        {
            there[BinaryPrimitives.ReadInt32BigEndian(number)] = true;
            Volatile.Write(ref count, count + 1);
        }
    }

    private void Receive(Socket socket, Action<byte[], EndPoint> take)
    {
        byte[] number = new byte[4];
        while (true)
        {
            EndPoint from = new IPEndPoint(_asked.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
            try
            {
                if (socket.ReceiveFrom(number, ref from) == number.Length)
                {
                    take(number, from);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed under the call; else an interface that went, or nobody behind a port yet.
                if (_stopped.IsCancellationRequested && _sending.IsCompleted)
                {
                    return;
                }
            }
        }
    }
}
