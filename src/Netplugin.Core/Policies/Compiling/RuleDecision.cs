using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>A protocol, or those that no rule names, and a destination port.</summary>
internal readonly record struct TrafficPoint(byte? Protocol, int Port);

/// <summary>A part of all traffic: ports of a protocol, or everything.</summary>
internal readonly record struct TrafficSpan(byte? Protocol, ushort First, ushort Last)
{
    public static TrafficSpan All => new(null, 0, ushort.MaxValue);

    public static TrafficSpan Of(TransportProtocol transport, ushort port) => new((byte)transport, port, port);

    public bool Has(TrafficPoint point) => Protocol is null || (Protocol == point.Protocol && First <= point.Port && point.Port <= Last);
}

/// <summary>What rules decide of all traffic.</summary>
/// <param name="decide">What they decide of one kind.</param>
/// <param name="spans">The parts of all traffic that they speak of: within the pieces that these cut it into, the decision is the same.</param>
internal sealed class RuleDecision(Func<TrafficPoint, Verdict> decide, IEnumerable<TrafficSpan> spans)
{
    /// <summary>The program that says it; of one entry when the decision is the same for everything.</summary>
    public ValueArray<PortEntry> Program()
    {
        var byProtocol = spans.Where(span => span.Protocol is not null).GroupBy(span => span.Protocol!.Value).OrderBy(protocol => protocol.Key);
        return PortProgram.Of(decide(new(null, 0)), byProtocol.Select(protocol => (protocol.Key, Spans(protocol.Key, protocol))));
    }

    private IReadOnlyList<PortSpan> Spans(byte protocol, IEnumerable<TrafficSpan> of) =>
    [
        .. of.SelectMany(span => (int[])[span.First, span.Last + 1]).Append(0).Where(port => port <= ushort.MaxValue).Distinct().Order()
            .Select(port => new PortSpan((ushort)port, decide(new(protocol, port)))),
    ];
}
