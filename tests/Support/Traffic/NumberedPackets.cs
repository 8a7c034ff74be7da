using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Support.Traffic;

/// <summary>UDP packets with numbers, one every millisecond, from one pod to another, counted by number where they arrive.</summary>
public sealed class NumberedPackets : IDisposable
{
    private const int Most = 10_000_000;
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(1);

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly BitArray _arrived = new(Most);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _sending;
    private readonly Thread _receiving;
    private volatile int _received;
    private volatile int _repeated;
    private volatile int _sent;

    private NumberedPackets(string from, string to, IPEndPoint asked)
    {
        IPAddress any = asked.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        _receiver = UdpSockets.Open(to, asked.Port, any);
        _sender = UdpSockets.Open(from, 0, any);
        _sender.Connect(asked);
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
        _sending = SendAsync();
    }

    /// <summary>How many were sent so far.</summary>
    public int Sent => _sent;

    /// <summary>How many different ones arrived so far.</summary>
    public int Received => _received;

    /// <summary>How many arrived that had arrived before.</summary>
    public int Repeated => _repeated;

    /// <summary>Starts the stream.</summary>
    /// <param name="from">The sending pod's network namespace.</param>
    /// <param name="to">The receiving pod's.</param>
    /// <param name="address">The receiving pod's address, or one that leads to it at the same port.</param>
    /// <param name="port">Where the receiving pod listens.</param>
    public static NumberedPackets Start(string from, string to, IPAddress address, int port = 4000) => new(from, to, new(address, port));

    /// <summary>Stops sending, waits for those on their way, and says which numbers never came.</summary>
    public async Task<IReadOnlyList<int>> StopAsync()
    {
        await _stopped.CancelAsync();
        await _sending;
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (_received < _sent && waited.Elapsed < TimeSpan.FromSeconds(2) && await timer.WaitForNextTickAsync())
        {
        }

        lock (_arrived)
        {
            return [.. Enumerable.Range(0, _sent).Where(number => !_arrived[number])];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _sender.Dispose();
        _receiver.Dispose();
        _receiving.Join();
        _stopped.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{_sent} packets sent, {_received} arrived, {_repeated} more than once");

    private async Task SendAsync()
    {
        byte[] number = new byte[4];
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Gap);
        while (!_stopped.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            // A late tick sends all that are due, so that there is one for every millisecond.
            int due = Math.Min(Most, (int)watch.ElapsedMilliseconds);
            while (_sent < due)
            {
                BinaryPrimitives.WriteInt32BigEndian(number, _sent);
                _sender.Send(number);
                _sent++;
            }
        }
    }

    private void Receive()
    {
        byte[] number = new byte[4];
        try
        {
            while (_receiver.Receive(number) == number.Length)
            {
                lock (_arrived)
                {
                    int index = BinaryPrimitives.ReadInt32BigEndian(number);
                    if (_arrived[index])
                    {
                        _repeated++;
                    }
                    else
                    {
                        _arrived[index] = true;
                        _received++;
                    }
                }
            }
        }
        catch (SocketException) when (_stopped.IsCancellationRequested)
        {
            // The socket was closed under the call: the end.
            return;
        }
        catch (ObjectDisposedException) when (_stopped.IsCancellationRequested)
        {
            return;
        }
    }
}
