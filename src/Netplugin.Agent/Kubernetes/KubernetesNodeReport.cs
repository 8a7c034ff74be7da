using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Shows on the node's object in Kubernetes how netplugin is there: the annotation <see cref="NodeReport.Key"/>, written when it would say something
/// else, and Events for what only a cluster's operator can mend. Looked at now and then, so that what comes and goes in seconds is not told to everybody
/// who watches nodes.
/// </summary>
/// <param name="client">The API server.</param>
/// <param name="node">The node's name.</param>
/// <param name="report">How the node is.</param>
/// <param name="problems">Where the Events' sentences come from.</param>
/// <param name="events">Writes them.</param>
/// <param name="log">The log.</param>
internal sealed class KubernetesNodeReport(
    KubernetesClient client, string node, Func<NodeReport> report, ProblemBoard problems, KubernetesEvents events, ILogger log) : IAsyncDisposable
{
    // An annotation is no log: the first sentences tell what to begin with.
    private const int MostProblems = 10;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinimumGap = TimeSpan.FromSeconds(10);

    // After this long the object is read again: somebody may have removed the annotation.
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(10);

    // The problem board's topics that are told as Events, with the Events' reasons.
    private static readonly (string Topic, string Reason)[] Told =
    [
        (LoopTopics.Blocks, "BlockOverlaps"),
        (LoopTopics.PodCidr, "PodCIDRNotServed"),
        (LoopTopics.CniOrder, "OtherNetworkFirst"),
        (LoopTopics.PodPool, "PodPoolNotServed"),
    ];

    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;
    private string? _shown;
    private long _read;

    /// <summary>Begins.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        // Not at once: that a daemon starts is over before anybody can look.
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            Tell();
            if (await TryShowAsync())
            {
                await Task.Delay(MinimumGap, _stop.Token);
            }
        }
    }

    private void Tell()
    {
        foreach (var (topic, reason) in Told)
        {
            var problem = problems.Get(topic);
            if (problem is null)
            {
                _told.Remove(topic);
            }
            else if (_told.GetValueOrDefault(topic) != problem)
            {
                _told[topic] = problem;
                events.OnNode(node, reason, problem);
            }
        }
    }

    // True: something was written, or could not be.
    private async Task<bool> TryShowAsync()
    {
        var now = report();
        var wanted = (now with { Problems = [.. (now.Problems ?? []).Take(MostProblems)] }).Write();
        try
        {
            if (_shown is null || TimeProvider.System.GetElapsedTime(_read) >= Believed)
            {
                _shown = (await client.GetAsync(Resource.Nodes, new("", node), _stop.Token))?.Annotations[NodeReport.Key];
                _read = TimeProvider.System.GetTimestamp();
            }

            if (wanted == _shown)
            {
                return false;
            }

            // A node that is not there yet is the business of whoever registers it.
            _shown = await client.AnnotateNodeAsync(node, new Dictionary<string, string?> { [NodeReport.Key] = wanted }, _stop.Token) ? wanted : null;
            return true;
        }
        catch (KubernetesException e)
        {
            _shown = null;
            KubernetesLog.ReportFailed(log, e.Message);
            return true;
        }
    }
}
