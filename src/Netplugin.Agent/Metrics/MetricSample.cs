using System.Collections.Immutable;

namespace Netplugin.Agent.Metrics;

/// <summary>One metric that is read when somebody asks, rather than counted as it happens.</summary>
/// <param name="Name">The Prometheus name.</param>
/// <param name="Kind"><c>gauge</c> or <c>counter</c>.</param>
/// <param name="Help">What it is.</param>
/// <param name="Values">Label text (may be empty, e.g. <c>reason="x"</c>) and value.</param>
internal sealed record MetricSample(string Name, string Kind, string Help, ImmutableArray<(string Labels, double Value)> Values);
