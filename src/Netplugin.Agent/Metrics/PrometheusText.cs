using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Netplugin.Agent.Metrics;

/// <summary>
/// Keeps what the meter's instruments report and writes it as Prometheus text (exposition format 0.0.4). Counters and histograms with at most one
/// label, which is all the daemon has.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Begins to listen to the daemon's meter.</summary>
    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == AgentMetrics.MeterName)
            {
                lock (_gate)
                {
                    _families[instrument.Name] = new Family(instrument);
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Writes everything.</summary>
    /// <param name="samples">What is read now rather than counted.</param>
    public string Write(IEnumerable<MetricSample> samples)
    {
        var text = new StringBuilder();
        lock (_gate)
        {
            foreach (var (name, family) in _families)
            {
                family.Write(text, name);
            }
        }

        foreach (var sample in samples.Where(s => !s.Values.IsEmpty))
        {
            Head(text, sample.Name, sample.Kind, sample.Help);
            foreach (var (labels, value) in sample.Values)
            {
                Line(text, sample.Name, labels, value);
            }
        }

        return text.ToString();
    }

    /// <summary>A label with its value escaped.</summary>
    public static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = tags.IsEmpty ? "" : Label(tags[0].Key, tags[0].Value?.ToString() ?? "");
        lock (_gate)
        {
            _families[instrument.Name].Record(labels, value);
        }
    }

    private static void Head(StringBuilder text, string name, string kind, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {kind}\n");

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private sealed class Family(Instrument instrument)
    {
        private readonly IReadOnlyList<double>? _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries;
        private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

        public void Record(string labels, double value)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                _series.Add(labels, series = new Series(_bounds?.Count ?? 0));
            }

            series.Sum += value;
            series.Count++;
            for (var i = 0; i < series.Buckets.Length; i++)
            {
                series.Buckets[i] += value <= _bounds![i] ? 1 : 0;
            }
        }

        public void Write(StringBuilder text, string name)
        {
            Head(text, name, _bounds is null ? "counter" : "histogram", instrument.Description ?? name);
            if (_bounds is null && _series.Count == 0)
            {
                // A counter that never counted is zero, which is something else than not there.
                Line(text, name, "", 0);
            }

            foreach (var (labels, series) in _series)
            {
                if (_bounds is null)
                {
                    Line(text, name, labels, series.Sum);
                    continue;
                }

                var comma = labels.Length > 0 ? labels + "," : "";
                for (var i = 0; i < _bounds.Count; i++)
                {
                    Line(text, name + "_bucket", comma + Label("le", _bounds[i].ToString("R", CultureInfo.InvariantCulture)), series.Buckets[i]);
                }

                Line(text, name + "_bucket", comma + Label("le", "+Inf"), series.Count);
                Line(text, name + "_sum", labels, series.Sum);
                Line(text, name + "_count", labels, series.Count);
            }
        }
    }

    private sealed class Series(int buckets)
    {
        public double Sum { get; set; }

        public long Count { get; set; }

        public long[] Buckets { get; } = new long[buckets];
    }
}
