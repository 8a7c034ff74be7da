using System.Net;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// What goes on between two pods, straight and through a Service, while something happens to the cluster: numbered packets, connections that stay, and
/// a new connection after the other. The test holds the sockets in the pods' namespaces, so nothing of Kubernetes is needed to go on.
/// </summary>
public sealed class SteadyTraffic : IDisposable
{
    private const int RedisPort = 6379;
    private readonly List<NumberedPackets> _streams = [];
    private readonly List<RedisConnection> _connections = [];
    private readonly List<ConnectionSeries> _series = [];

    /// <summary>Begins it.</summary>
    /// <param name="from">The pod that asks.</param>
    /// <param name="redis">The pod that answers, with redis in it.</param>
    /// <param name="service">The address of a Service that leads to it, with redis' port and UDP ports 4002 and 4012.</param>
    /// <param name="firstPort">4000, or 4010 for a second one to the same pod: each uses three ports.</param>
    public static async Task<SteadyTraffic> BeginAsync(Place from, Place redis, IPAddress service, int firstPort = 4000)
    {
        char family = service.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? '6' : '4';
        var traffic = new SteadyTraffic();
        try
        {
            string asking = from.NetworkNamespace(), answering = redis.NetworkNamespace();
            IPEndPoint[] ways = [new(redis.Address(family), RedisPort), new(service, RedisPort)];
            foreach (IPEndPoint way in ways)
            {
                await Eventually.HoldsAsync(
                    $"{from.Name} to reach redis at {way}",
                    async () =>
                    {
                        await ConnectionSeries.AskAsync(asking, way);
                        return true;
                    });
                traffic._connections.Add(await RedisConnection.OpenAsync(asking, way));
                traffic._series.Add(ConnectionSeries.Start(asking, way));
            }

            traffic._streams.Add(NumberedPackets.Start(asking, answering, redis.Address(family), firstPort));
            traffic._streams.Add(NumberedPackets.Start(answering, asking, from.Address(family), firstPort + 1));
            traffic._streams.Add(NumberedPackets.Start(asking, answering, service, firstPort + 2));
            return traffic;
        }
        catch
        {
            traffic.Dispose();
            throw;
        }
    }

    /// <summary>Waits until it has gone on for a time, as its own packets tell.</summary>
    public async Task GoesOnForAsync(TimeSpan time)
    {
        int[] sent = [.. _streams.Select(stream => stream.Sent)], counted = [.. Counts()];
        await Eventually.HoldsAsync(
            $"{time.TotalSeconds} s of traffic",
            () => _streams.Zip(sent).All(pair => pair.First.Sent >= pair.Second + time.TotalMilliseconds) && Counts().Zip(counted).All(pair => pair.First >= pair.Second + 10),
            (2 * time) + TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends it: nothing may have been lost, come twice, or been refused since it began.</summary>
    public async Task EndAsync()
    {
        foreach (RedisConnection connection in _connections)
        {
            Assert.True(await connection.StopAsync() > 20, "the connection was used");
        }

        foreach (ConnectionSeries series in _series)
        {
            Assert.True(await series.StopAsync() > 20, "connections were made");
        }

        foreach (NumberedPackets stream in _streams)
        {
            Assert.Empty(await stream.StopAsync());
            Assert.Equal(0, stream.Repeated);
            Assert.True(stream.Sent > 1000, $"the stream ran: {stream}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable part in (IEnumerable<IDisposable>)[.. _streams, .. _connections, .. _series])
        {
            part.Dispose();
        }
    }

    private IEnumerable<int> Counts() => [.. _connections.Select(connection => connection.Counted), .. _series.Select(series => series.Answered)];
}
