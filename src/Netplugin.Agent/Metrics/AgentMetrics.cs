using System.Diagnostics.Metrics;

namespace Netplugin.Agent.Metrics;

/// <summary>Everything the daemon counts. Names are Prometheus names; durations are in seconds.</summary>
internal sealed class AgentMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "netplugin";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _operations;
    private readonly Counter<long> _operationErrors;
    private readonly Histogram<double> _reconciles;
    private readonly Counter<long> _reconcileFailures;
    private readonly Counter<long> _apiRefused;
    private readonly Histogram<double> _policies;

    /// <summary>Makes the instruments.</summary>
    public AgentMetrics()
    {
        var buckets = new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        };
        _operations = _meter.CreateHistogram("netplugin_operation_duration_seconds", "s", "How long attaching and detaching took, by operation.", null, buckets);
        _operationErrors = _meter.CreateCounter<long>("netplugin_operation_errors_total", null, "Attaching and detaching that failed, by operation.");
        _reconciles = _meter.CreateHistogram("netplugin_reconcile_duration_seconds", "s", "How long making the kernel agree with what is wanted took.", null, buckets);
        _reconcileFailures = _meter.CreateCounter<long>("netplugin_reconcile_failures_total", null, "Reconciles that have to be tried again.");
        _policies = _meter.CreateHistogram("netplugin_policy_apply_duration_seconds", "s", "How long compiling and writing what changed of policies took.", null, buckets);
        _apiRefused = _meter.CreateCounter<long>("netplugin_api_refused_total", null, "Connections and requests the node API refused, by reason.");
    }

    /// <summary>How many reconciles ended well.</summary>
    public long Reconciles { get; private set; }

    /// <summary>An operation ended.</summary>
    /// <param name="operation"><c>add</c>, <c>del</c>, <c>check</c>, <c>gc</c> or <c>status</c>.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="good">Whether it went well.</param>
    public void Operation(string operation, TimeSpan took, bool good)
    {
        _operations.Record(took.TotalSeconds, new KeyValuePair<string, object?>("operation", operation));
        if (!good)
        {
            _operationErrors.Add(1, new KeyValuePair<string, object?>("operation", operation));
        }
    }

    /// <summary>A reconcile ended well.</summary>
    public void Reconciled(TimeSpan took)
    {
        Reconciles++;
        _reconciles.Record(took.TotalSeconds);
    }

    /// <summary>A reconcile has to be tried again.</summary>
    public void ReconcileFailed() => _reconcileFailures.Add(1);

    /// <summary>What changed of policies is enforced.</summary>
    public void PoliciesApplied(TimeSpan took) => _policies.Record(took.TotalSeconds);

    /// <summary>The node API refused something.</summary>
    /// <param name="reason">One word.</param>
    public void ApiRefused(string reason) => _apiRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
