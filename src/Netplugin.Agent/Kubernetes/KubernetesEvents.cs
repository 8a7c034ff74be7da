using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Events;
using Netplugin.Store;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Says on a pod why it cannot be attached, and on the node what is wrong with it, as Events with the very sentence that the runtime or
/// <c>netdcli status</c> gets. Who reports does not wait; when more goes wrong than can be written, the newest is told.
/// </summary>
internal sealed class KubernetesEvents : IAsyncDisposable
{
    // What waits to be written while the server is slow: a pod that is refused is refused again soon.
    private const int MostWaiting = 64;

    // Objects and reasons that are remembered so as not to be written too often.
    private const int Remembered = 256;

    // Between two writes about the same object for the same reason: a kubelet tries a pod again every few seconds.
    private static readonly TimeSpan ShortestGap = TimeSpan.FromSeconds(20);

    private readonly Channel<Report> _waiting = Channel.CreateBounded<Report>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Dictionary<(NamespacedName About, string What), long> _written = [];
    private readonly EventRecorder _recorder;
    private readonly PodService _pods;
    private readonly KubernetesPods _known;
    private readonly KubernetesLabels _labels;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;

    /// <summary>Makes it; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="pods">Tells which pods are refused.</param>
    /// <param name="known">Knows the pods' uids.</param>
    /// <param name="labels">Tells which pods are no longer where labels say.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public KubernetesEvents(KubernetesClient client, string node, PodService pods, KubernetesPods known, KubernetesLabels labels, TimeProvider time, ILogger log)
    {
        (_pods, _known, _labels, _time, _log) = (pods, known, labels, time, log);
        _recorder = new EventRecorder(client, "netplugin", node, time);
    }

    /// <summary>Begins to listen and to write.</summary>
    public void Start()
    {
        _pods.Refused += OnRefused;
        _labels.Unchanged += OnUnchanged;
        _worker = Task.Run(WriteAsync);
    }

    /// <summary>Reports something about the node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="reason">The Event's reason.</param>
    /// <param name="sentence">What is wrong and what to do.</param>
    public void OnNode(string node, string reason, string sentence) => _waiting.Writer.TryWrite(new(new("", node), "", reason, sentence, IsWarning: true));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _pods.Refused -= OnRefused;
        _labels.Unchanged -= OnUnchanged;
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _recorder.Dispose();
        _stop.Dispose();
    }

    /// <summary>The reason that an Event gives for a failure: a word that machines may look for. Pure.</summary>
    internal static string ReasonOf(Exception failure) => failure switch
    {
        ResolveException e => e.Failure switch
        {
            ResolveFailure.NotPosted => "EndpointNotPosted",
            ResolveFailure.Ambiguous => "EndpointAmbiguous",
            ResolveFailure.HomedElsewhere => "EndpointHomedElsewhere",
            ResolveFailure.Unsupported => "NetworkUnsupported",
            ResolveFailure.Exhausted => "BlockExhausted",
            ResolveFailure.NetworkExhausted => "NetworkExhausted",
            ResolveFailure.BadLabel => "NetworkLabelInvalid",
            ResolveFailure.BadAnnotation => "NetworkAnnotationInvalid",
            ResolveFailure.AddressUnavailable => "AddressUnavailable",
            _ => "AttachFailed",
        },
        NetworkMissingException => "NetworkMissing",
        NotReadyException => "NetworkNotReady",
        StoreException => "StoreUnavailable",
        _ => "AttachFailed",
    };

    private static string SentenceOf(Exception failure) => failure is StoreException
        ? $"{PodService.WithoutStore} ({failure.Message})"
        : failure.Message;

    private void OnRefused(AttachRequest request, Exception failure)
    {
        if (request.PodNamespace.Length > 0)
        {
            _waiting.Writer.TryWrite(new(new(request.PodNamespace, request.PodName), request.PodUid, ReasonOf(failure), SentenceOf(failure), IsWarning: true));
        }
    }

    private void OnUnchanged(Pod pod, string sentence) =>
        _waiting.Writer.TryWrite(new(new(pod.Namespace, pod.Name), pod.Uid, "NetworkUnchanged", sentence, IsWarning: false));

    private async Task WriteAsync()
    {
        await foreach (var report in _waiting.Reader.ReadAllAsync(_stop.Token))
        {
            if (!IsTurn(report))
            {
                continue;
            }

            try
            {
                if (await SubjectAsync(report) is { } about)
                {
                    await _recorder.RecordAsync(new(about, report.IsWarning, report.Reason, report.Sentence), _stop.Token);
                }
            }
            catch (KubernetesException e)
            {
                KubernetesLog.EventLost(_log, report.About.ToString(), e.Message);
            }
        }
    }

    // For a node's Events kubelet and kubectl agree on its name as its uid.
    private async Task<ObjectReference?> SubjectAsync(Report report)
    {
        if (report.About.Namespace.Length == 0)
        {
            return new("Node", null, report.About.Name, report.About.Name);
        }

        return await _known.UidAsync(report.About, report.Uid, _stop.Token) is { } uid ? new("Pod", report.About.Namespace, report.About.Name, uid) : null;
    }

    private bool IsTurn(Report report)
    {
        // A pod is refused again and again. Of a node, and of what is well, each sentence is told once, and another of the same reason is news.
        var key = (report.About, report.About.Namespace.Length == 0 || !report.IsWarning ? report.Sentence : report.Reason);
        if (_written.TryGetValue(key, out var before) && _time.GetElapsedTime(before) < ShortestGap)
        {
            return false;
        }

        if (_written.Count == Remembered)
        {
            _written.Remove(_written.MinBy(pair => pair.Value).Key);
        }

        _written[key] = _time.GetTimestamp();
        return true;
    }

    private readonly record struct Report(NamespacedName About, string Uid, string Reason, string Sentence, bool IsWarning);
}
