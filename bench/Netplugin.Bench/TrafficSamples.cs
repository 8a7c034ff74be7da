namespace Netplugin.Bench;

/// <summary>What was measured of one path, a value a round.</summary>
/// <param name="Gigabits">TCP throughput in Gbit/s.</param>
/// <param name="Requests">Requests per second over one connection, one at a time.</param>
internal sealed record TrafficSamples(Samples Gigabits, Samples Requests);
