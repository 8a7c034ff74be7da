using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd.Traffic;

/// <summary>UDP packets with numbers, one every millisecond, from one pod to another, counted by number where they arrive.</summary>
internal sealed class NumberedStream : IDisposable
{
    private const int Port = 4000;
    private const int Most = 10_000_000;
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(1);

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly BitArray _arrived = new(Most);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _sending;
    private readonly Thread _receiving;
    private volatile int _received;
    private volatile int _sent;

    private NumberedStream(Pod from, Pod to, string address)
    {
        _receiver = UdpSockets.Open(to.NetworkNamespace, Port);
        _sender = UdpSockets.Open(from.NetworkNamespace);
        _sender.Connect(new IPEndPoint(IPAddress.Parse(address), Port));
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
        _sending = SendAsync();
    }

    /// <summary>How many were sent so far.</summary>
    public int Sent => _sent;

    /// <summary>How many different ones arrived so far.</summary>
    public int Received => _received;

    /// <summary>Starts the stream.</summary>
    /// <param name="from">The sending pod.</param>
    /// <param name="to">The receiving pod.</param>
    /// <param name="address">The receiving pod's address.</param>
    public static NumberedStream Start(Pod from, Pod to, string address) => new(from, to, address);

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
                    if (!_arrived[index])
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
