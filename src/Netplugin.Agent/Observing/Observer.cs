using System.Threading.Channels;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Observing;

/// <summary>One client that observes. What it is too slow for it misses: nobody waits for it.</summary>
/// <param name="asked">What it asked for.</param>
/// <param name="lostBefore">What was lost before it came.</param>
internal sealed class Observer(NodeRequest.Observe asked, long lostBefore)
{
    // A few times what the datapath holds back, so that a client that reads on misses nothing when all of that comes at once.
    private const int Room = 16384;

    private readonly Channel<ObservedPacket> _packets = Channel.CreateBounded<ObservedPacket>(
        new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true, SingleWriter = true });
    private long _missed;
    private long _lost;

    /// <summary>True when it wants accepted flows too.</summary>
    public bool WantsFlows => asked.Flows;

    /// <summary>What it has not read.</summary>
    public ChannelReader<ObservedPacket> Packets => _packets.Reader;

    /// <summary>How many packets it was not shown since it came.</summary>
    public long Lost => Volatile.Read(ref _lost) + Volatile.Read(ref _missed);

    /// <summary>Shows it a packet, if it wants that.</summary>
    public void Show(ObservedPacket packet)
    {
        if ((packet.Verdict == "dropped" || asked.Flows) && asked.Filter.Wants(packet) && !_packets.Writer.TryWrite(packet))
        {
            Volatile.Write(ref _missed, _missed + 1);
        }
    }

    /// <summary>Says how many packets the datapath had no room for until now.</summary>
    public void LostUntilNow(long lost) => Volatile.Write(ref _lost, lost - lostBefore);

    /// <summary>Ends it.</summary>
    /// <param name="error">Why.</param>
    public void End(Exception error) => _packets.Writer.TryComplete(error);
}
