using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Observing;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Linux.Bpf;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Observing;

/// <summary>Who observes is shown what is dropped, named; what is lost is counted; and nobody is waited for.</summary>
public sealed class PacketObserversTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-observe-").FullName;
    private readonly FakeFlowEvents _events = new();
    private EnforcingNode _node = null!;
    private PacketObservers _observers = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await EnforcingNode.StartAsync(_folder);
        _observers = new(_events, () => _events.Drops, _node.Engine, () => _node.Node.Kernel.Pods, NullLogger.Instance);
        _observers.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _observers.DisposeAsync();
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_datapath_shows_packets_while_somebody_observes_and_not_before_nor_after()
    {
        Assert.Equal(FlowEventKinds.None, _events.Kinds);
        await using (var first = await Client.StartAsync(_observers))
        {
            Assert.Equal(FlowEventKinds.Drops, _events.Kinds);
            await using (await Client.StartAsync(_observers, flows: true))
            {
                Assert.Equal(FlowEventKinds.Drops | FlowEventKinds.Flows, _events.Kinds);
            }

            await Eventually.HoldsAsync("flows to be off", () => _events.Kinds == FlowEventKinds.Drops);
        }

        await Eventually.HoldsAsync("it to be off", () => _events.Kinds == FlowEventKinds.None);
    }

    [Fact]
    public async Task Each_who_observes_is_shown_what_he_asked_for()
    {
        await using var all = await Client.StartAsync(_observers);
        await using var flows = await Client.StartAsync(_observers, flows: true);
        await using var some = await Client.StartAsync(_observers, filter: new(Port: 81));

        _events.Show(Event(80));
        _events.Show(Event(81));
        _events.Show(Event(82) with { Kind = FlowEventKind.Flow, Reason = DropReason.None });

        await Eventually.HoldsAsync("all to be shown", () => all.Ports.Length == 2 && flows.Ports.Length == 3 && some.Ports.Length == 1);
        Assert.Equal([80, 81], all.Ports);
        Assert.Equal([80, 81, 82], flows.Ports);
        Assert.Equal([81], some.Ports);
        Assert.Equal("allowed", flows.Packets.Last().Verdict);
        Assert.Equal(0, all.Lost + flows.Lost + some.Lost);
    }

    [Fact]
    public async Task What_the_queue_has_no_room_for_is_counted_as_lost_and_only_since_one_came()
    {
        await using var first = await Client.StartAsync(_observers);
        _events.IsHeld = true;
        for (var i = 0; i < 1000; i++)
        {
            _events.Show(Event(80));
        }

        _events.IsHeld = false;
        await Eventually.HoldsAsync("the rest to be lost", () => first.Lost + first.Packets.Count == 1000);
        Assert.InRange(first.Packets.Count, 1, FakeFlowEvents.Room);

        await using var second = await Client.StartAsync(_observers);
        _events.Show(Event(81));
        await Eventually.HoldsAsync("the next to be shown", () => second.Ports.Contains((ushort)81));
        Assert.Equal(0, second.Lost);
    }

    [Fact]
    public async Task Who_does_not_read_misses_packets_and_nobody_waits_for_him()
    {
        await using var slow = await Client.StartAsync(_observers, reads: false);
        await using var quick = await Client.StartAsync(_observers);
        const int Many = 20_000;
        for (var i = 0; i < Many; i++)
        {
            if (i % FakeFlowEvents.Room == 0)
            {
                await Eventually.HoldsAsync("the queue to have room", () => quick.Packets.Count == i);
            }

            _events.Show(Event(80));
        }

        await Eventually.HoldsAsync("the quick one to have them all", () => quick.Packets.Count == Many);
        Assert.Equal(0, quick.Lost);

        slow.Read();
        await Eventually.HoldsAsync("the slow one to be told", () => slow.Lost > 0 && slow.Lost + slow.Packets.Count == Many);
    }

    [Fact]
    public async Task Maps_that_cannot_be_read_end_who_observes_with_the_reason_and_the_next_may_try()
    {
        await using var first = await Client.StartAsync(_observers);
        _events.IsBroken = true;

        await Eventually.HoldsAsync("it to be refused", () => first.Refused is not null);
        Assert.StartsWith("packets cannot be observed: ", first.Refused, StringComparison.Ordinal);

        _events.IsBroken = false;
        await using var second = await Client.StartAsync(_observers);
        _events.Show(Event(80));
        await Eventually.HoldsAsync("it to be shown", () => second.Packets.Count == 1);
    }

    [Fact]
    public async Task A_packet_names_who_sent_it_and_to_whom_by_device_and_address_and_when()
    {
        await _node.Node.PostAsync(Samples.Endpoint("c1", 7), Samples.Endpoint("c2", 8, binding: new("host2", "s", "eth0")));
        var sender = (await _node.Node.AddAsync("s1", "c1")).Attachments[0];
        await _node.CatchUpAsync();
        await using var client = await Client.StartAsync(_observers);

        _events.Show(Event(6379, "11.1.0.7", "11.1.0.8", sender.Device, sender.DatapathId));

        await Eventually.HoldsAsync("it to be shown", () => client.Packets.Count == 1);
        var packet = client.Packets.First();
        Assert.Equal(new ObservedEnd("default/c1", "tenant-one/orange/c1", "11.1.0.7", 4242), packet.From);
        Assert.Equal(new ObservedEnd("tenant-one/orange/c2", "tenant-one/orange/c2", "11.1.0.8", 6379), packet.To);
        Assert.Equal(("dropped", "address_spoof", "tenant-one/orange", sender.DeviceName, "tcp", "SYN"), (packet.Verdict, packet.Reason, packet.Network, packet.Device, packet.Kind, packet.Detail));
        Assert.InRange(packet.Time, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
    }

    private static FlowEvent Event(ushort port, string from = "11.1.0.7", string to = "11.1.0.8", IfIndex device = default, uint network = 10001) => new(
        TimeProvider.System.GetElapsedTime(0), FlowEventKind.Drop, DropReason.AddressSpoof, 0, PolicyDirection.Ingress, network, device, 74, default, 0, PacketTextTests.Tcp(from, to, 4242, port));

    /// <summary>A client of the node API that observes.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly CancellationTokenSource _closed = new();
        private readonly TaskCompletionSource _reads = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task _serving = Task.CompletedTask;
        private long _lost;

        public ConcurrentQueue<ObservedPacket> Packets { get; } = new();

        public ushort[] Ports => [.. Packets.Select(packet => packet.To.Port!.Value)];

        public long Lost => Interlocked.Read(ref _lost);

        public string? Refused { get; private set; }

        public static async Task<Client> StartAsync(PacketObservers observers, bool flows = false, ObserveFilter? filter = null, bool reads = true)
        {
            var client = new Client();
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            client._serving = Task.Run(() => observers.ServeAsync(
                new(flows, filter ?? new()),
                async (reply, _) =>
                {
                    first.TrySetResult();
                    if (reply is NodeReply.Refused refused)
                    {
                        client.Refused = refused.Message;
                    }
                    else if (reply is NodeReply.Observed(var items, var lost))
                    {
                        if (!items.IsEmpty)
                        {
                            await client._reads.Task;
                        }

                        foreach (var item in items)
                        {
                            client.Packets.Enqueue(item);
                        }

                        Interlocked.Exchange(ref client._lost, lost);
                    }
                },
                client._closed.Token));
            if (reads)
            {
                client.Read();
            }

            await first.Task;
            return client;
        }

        public void Read() => _reads.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            await _closed.CancelAsync();
            Read();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _closed.Dispose();
        }
    }
}
