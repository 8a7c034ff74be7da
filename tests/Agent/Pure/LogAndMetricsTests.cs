using System.Reflection;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Logging;
using Netplugin.Agent.Metrics;

namespace Netplugin.Tests.Agent.Pure;

public sealed class LogAndMetricsTests
{
    [Fact]
    public void Every_log_message_has_a_number_of_its_own()
    {
        var numbers = typeof(Attachment).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(a => a.EventId)
            .ToArray();
        Assert.True(numbers.Length > 20);
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.DoesNotContain(0, numbers);
    }

    [Fact]
    public void A_log_line_stays_one_line()
    {
        using var output = new StringWriter();
        var log = new LineLogger(new LogLevels(LogLevel.Information), false, output, TimeProvider.System);
        log.Log(LogLevel.Warning, new EventId(1), "two\nlines \"quoted\"", null, (s, _) => s);
        log.Log(LogLevel.Debug, new EventId(1), "not shown", null, (s, _) => s);
        Assert.EndsWith("level=warning msg=\"two\\nlines \\\"quoted\\\"\"\n", output.ToString(), StringComparison.Ordinal);
        Assert.Single(output.ToString(), c => c == '\n');
    }

    [Fact]
    public void Counters_and_histograms_are_written_as_prometheus_reads_them()
    {
        using var prometheus = new PrometheusText();
        using var metrics = new AgentMetrics();
        metrics.Operation("add", TimeSpan.FromMilliseconds(3), good: true);
        metrics.Operation("add", TimeSpan.FromSeconds(20), good: false);
        var text = prometheus.Write([new MetricSample("x", "gauge", "help", [(PrometheusText.Label("a", "q\"\\\n"), 1.5)])]);
        Assert.Contains("# TYPE netplugin_operation_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_operation_duration_seconds_bucket{operation=\"add\",le=\"0.0025\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_operation_duration_seconds_bucket{operation=\"add\",le=\"0.005\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_operation_duration_seconds_bucket{operation=\"add\",le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_operation_duration_seconds_count{operation=\"add\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_operation_errors_total{operation=\"add\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("netplugin_reconcile_failures_total 0\n", text, StringComparison.Ordinal);
        Assert.EndsWith("x{a=\"q\\\"\\\\\\n\"} 1.5\n", text, StringComparison.Ordinal);
    }
}
