using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Runtime;
using Netplugin.Linux;
using Netplugin.Store;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Pods;

/// <summary>
/// Looks after attached pods when nobody asks: frees what the runtime no longer has, follows what the operator and other nodes did to their endpoints, and tries
/// again what the store did not let be done. Level-triggered; begins only when every source was listed once. A failure stays with its pod.
/// </summary>
internal sealed partial class PodKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MinimumGap = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(15);

    // Between two looks at what pods with labels have left in the store: nothing waits for what is found.
    private static readonly TimeSpan BetweenTidyings = TimeSpan.FromMinutes(10);
    private readonly PodService _pods;
    private readonly KernelLoop _loop;
    private readonly NodeKernel _kernel;
    private readonly PodTurns _turns;
    private readonly ClusterFollower _follower;
    private readonly EndpointReader _reader;
    private readonly Binder _binder;
    private readonly IStateStore _store;
    private readonly SandboxCache _sandboxes;
    private readonly IPodNamespaces _namespaces;
    private readonly RetiredLinks _retired;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private readonly LabelledEndpoints _labelled;
    private readonly TimeProvider _time;
    private Task _worker = Task.CompletedTask;
    private bool _resolveDue = true;
    private bool _failed;
    private long _acceptancesSeen;
    private bool _orphansDue;
    private long? _tidied;

    /// <summary>Makes the keeper; <see cref="Start"/> begins.</summary>
    public PodKeeper(KeeperParts parts)
    {
        (_pods, _loop, _kernel, _turns, _follower) = (parts.Pods, parts.Loop, parts.Kernel, parts.Turns, parts.Follower);
        (_reader, _binder, _store, _sandboxes) = (parts.Reader, parts.Binder, parts.Store, parts.Sandboxes);
        (_namespaces, _retired, _problems, _log) = (parts.Namespaces, parts.Retired, parts.Problems, parts.Log);
        (_orphansDue, _labelled, _time) = (parts.JournalIsNew, parts.Labelled, parts.Time);
    }

    /// <summary>True once every source was listed: only then may anything be removed.</summary>
    public bool MayRemove => _follower.Held is null && _follower.IsFollowing && _follower.View.IsListed && _sandboxes.IsListed
        && _kernel.Pods.Values.SelectMany(p => p.Attachments).All(a =>
            !_follower.View.Networks!.ContainsKey(a.Endpoint.Network) || _follower.View.Endpoints.ContainsKey(a.Endpoint.Network));

    /// <summary>How many things wait to be tried again.</summary>
    public int Pending => _kernel.Pods.Values.Sum(p => p.Attachments.Count(a => a.Phase is AttachmentPhase.Leaving or AttachmentPhase.Unbinding));

    /// <summary>Begins to look after the pods.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>Says that something may have to be looked at.</summary>
    /// <param name="resolve">True when pods may lead to other endpoints now.</param>
    public void Signal(bool resolve)
    {
        if (resolve)
        {
            Volatile.Write(ref _resolveDue, true);
        }

        lock (_due)
        {
            if (_due.CurrentCount == 0)
            {
                _due.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker;
        _stop.Dispose();
        _due.Dispose();
    }

    private async Task WorkAsync()
    {
        var retry = FirstRetry;
        var wait = TimeSpan.Zero;
        var resolve = false;
        var refresh = false;
        try
        {
            while (true)
            {
                var signalled = await _due.WaitAsync(wait, _stop.Token);

                // Taken before the runtime is asked: what is signalled while it answers is looked at with its next answer.
                resolve |= Interlocked.Exchange(ref _resolveDue, false);
                refresh |= resolve || !signalled;
                _failed = false;
                if (refresh)
                {
                    refresh = !await _sandboxes.RefreshAsync(_stop.Token);
                    _failed |= refresh;
                }

                await GuardAsync("the store", async () => _failed |= !await _follower.VerifyAsync(_stop.Token) && _follower.View.IsListed && _follower.Held is null);
                resolve = await PassAsync(resolve, _stop.Token);
                retry = _failed ? retry * 2 : FirstRetry;
                retry = retry > LastRetry ? LastRetry : retry;
                wait = _failed || !MayRemove ? retry : Every;
                await Task.Delay(MinimumGap, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <summary>Looks at every pod once.</summary>
    /// <param name="resolve">True when pods may lead to other endpoints than when they were looked at last.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>True when that is still to be looked at, for something failed or was not listed yet.</returns>
    private async Task<bool> PassAsync(bool resolve, CancellationToken cancellationToken)
    {
        if (!MayRemove)
        {
            return resolve;
        }

        _topics.Clear();
        resolve |= await AdoptAcceptedResetAsync();
        if (_sandboxes.Last is { } list)
        {
            await _loop.RunAsync(k => k.NoteSeen(list.Ids));
        }

        foreach (var key in _kernel.Pods.Keys.OrderBy(k => k.Sandbox, StringComparer.Ordinal))
        {
            await GuardAsync(key.ToString(), () => KeepAsync(key, resolve, cancellationToken));
        }

        if (resolve)
        {
            foreach (var (id, sandbox) in _follower.View.Homes!)
            {
                await GuardAsync(id.ToString(), () => HomeAsync(id, sandbox, cancellationToken));
            }
        }

        if (_orphansDue)
        {
            await GuardAsync("bindings without a pod", () => ClearOrphansAsync(cancellationToken));
        }

        if (_tidied is not { } last || _time.GetElapsedTime(last) >= BetweenTidyings)
        {
            await GuardAsync("endpoints of pods with labels", () => TidyLabelledAsync(cancellationToken));
        }

        _problems.KeepOnly("pod/", _topics);
        return resolve && _failed;
    }

    private async Task KeepAsync(PodKey key, bool resolve, CancellationToken cancellationToken)
    {
        // A request that works on the pod, or waits to, has the newer word.
        if (_turns.Busy.Contains(key.Sandbox))
        {
            return;
        }

        using var turn = await _turns.EnterAsync(key.Sandbox, cancellationToken);
        if (!_kernel.Pods.TryGetValue(key, out var pod))
        {
            return;
        }

        foreach (var attachment in pod.Attachments)
        {
            await KeepAsync(pod, attachment, cancellationToken);
        }

        if (!_kernel.Pods.TryGetValue(key, out pod) || pod.Ended)
        {
            await _loop.RunAsync(k => k.Forget(key, []));
        }
        else if (IsGone(pod))
        {
            await _loop.RunAsync(k => k.TearDown(key, [.. pod.Attachments.Select(a => a.Number)], ended: true));
            await _loop.RunAsync(k => k.Forget(key, []));
        }
        else if (resolve && pod.Origin != PodOrigin.Operator && !pod.Attachments.Any(a => a.IsInDefaultNetwork || a is { IsLabelled: true, IsSecondary: false }))
        {
            // A pod that runs in the default network, or by labels, stays there: what is posted for it counts from its next start.
            await PlugMissingAsync(pod, cancellationToken);
        }
    }

    private async Task KeepAsync(Pod pod, Attachment attachment, CancellationToken cancellationToken)
    {
        var facts = PodFacts.Of(
            pod, attachment, _follower.View, _follower.Held is not null, _sandboxes.Last, _kernel.PresentLinks.Contains(attachment.Number), _follower.Me);
        switch (AttachmentRules.Decide(attachment, facts))
        {
            case AttachmentAction.Detach:
                PodLog.Removing(_log, pod.Key, attachment.Interface, attachment.Endpoint, Reason(attachment, facts));
                var ended = pod.Ended || facts.Sandbox == SandboxFact.Gone || attachment.Phase == AttachmentPhase.Adding
                    || facts is { LinkPresent: false, Sandbox: SandboxFact.Unknown };
                await _pods.RemoveAsync(pod, [attachment.Number], ended, cancellationToken);
                break;
            case AttachmentAction.Unbind:
                _failed |= !await _pods.ClearBindingsAsync(pod.Key, [attachment.Number], cancellationToken);
                break;
            case AttachmentAction.Bind:
                await BindAgainAsync(pod, attachment, cancellationToken);
                break;
            case AttachmentAction.ReportDamage:
                Problem($"pod/{pod.Key}/{attachment.Interface}",
                    $"pod {pod.Name} lost its interface {attachment.Interface} ({attachment.Endpoint}): something deleted its device; restart the pod");
                break;
            case AttachmentAction.ReportUnposted:
                Problem($"pod/{pod.Key}/{attachment.Interface}",
                    $"pod {pod.Name} runs with {attachment.Endpoint} ({attachment.Address}), which the store does not have since it was reset: "
                    + (attachment.IsLabelled ? "start the pod anew" : "post it with netdcli -add-cfg, or stop the pod"));
                break;
            default:
                break;
        }
    }

    private static string Reason(Attachment attachment, AttachmentFacts facts) => (attachment.Phase, facts) switch
    {
        (AttachmentPhase.Adding or AttachmentPhase.Leaving, _) => "an earlier daemon did not finish with it",
        (_, { Sandbox: SandboxFact.Gone }) => "the runtime no longer has the sandbox",
        (_, { LinkPresent: false }) => "its device is gone",
        (_, { Endpoint: EndpointFact.TakenOver }) => "the endpoint was bound elsewhere",
        (_, { Endpoint: EndpointFact.HomedElsewhere }) => "the operator homed the endpoint elsewhere",
        (_, { Endpoint: EndpointFact.NotHomed }) => "the operator took the endpoint away",
        _ => "the endpoint was deleted",
    };

    private bool IsGone(Pod pod) => PodFacts.Sandbox(pod, _sandboxes.Last) switch
    {
        SandboxFact.Gone => true,
        SandboxFact.Listed => false,

        // Only for a pod without interfaces: those say by their device whether the namespace lives.
        _ => pod.Attachments.IsEmpty && (pod.NetworkNamespace.Length == 0 || !File.Exists(pod.NetworkNamespace)),
    };

    private void Problem(string topic, string problem)
    {
        _topics.Add(topic);
        if (_problems.Set(topic, problem))
        {
            LoopLog.Problem(_log, problem);
        }
    }

    private async Task GuardAsync(string subject, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is StoreException or KernelException or IOException or Resolve.ResolveException or NotReadyException)
        {
            _failed = true;
            PodLog.KeepFailed(_log, subject, e.Message);
            Problem($"pod/{subject}", $"{subject}: {e.Message}");
        }
    }
}

/// <summary>What a <see cref="PodKeeper"/> works with.</summary>
internal sealed record KeeperParts(
    PodService Pods, KernelLoop Loop, NodeKernel Kernel, PodTurns Turns, ClusterFollower Follower, EndpointReader Reader, Binder Binder, IStateStore Store,
    SandboxCache Sandboxes, IPodNamespaces Namespaces, RetiredLinks Retired, ProblemBoard Problems, bool JournalIsNew, LabelledEndpoints Labelled, TimeProvider Time, ILogger Log);
