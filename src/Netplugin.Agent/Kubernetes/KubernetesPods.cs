using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Kubernetes.Follow;
using PodObject = Netplugin.Kubernetes.Objects.Pod;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Shows each pod's addresses on the pod: keeps the annotation <see cref="NetworkStatus.Key"/> of this node's pods as their interfaces are. Nobody waits
/// for it: whoever changes a pod only marks its name, and one worker compares and writes. What was lost to a crash, an API server that was away, or
/// somebody who changed the annotation, is made up when the pod is seen again.
/// </summary>
/// <remarks>
/// A pod is recognised by its uid, where the runtime told it: a StatefulSet's next pod has the name of the one before, and may be here before the old
/// sandbox is gone.
/// </remarks>
internal sealed class KubernetesPods : IAsyncDisposable
{
    /// <summary>The topic of what an operator should know.</summary>
    internal const string Topic = "kubernetes-pods";

    // Between two rounds that wrote: many pods that start are one round, and two who disagree about an annotation do not load the server.
    private static readonly TimeSpan MinimumGap = TimeSpan.FromSeconds(1);

    // How often is looked whether the pods' MTU is another; oftener while a daemon that starts does not know it.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(30);

    private readonly KubernetesClient _client;
    private readonly string _node;
    private readonly NodeKernel _kernel;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, Seen> _seen = [];
    private readonly HashSet<NamespacedName> _due = [];
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;
    private bool _isListed;
    private string? _lost;
    private int _mtu;

    /// <summary>Makes it; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="kernel">What the pods have.</param>
    /// <param name="problems">Told what an operator should know.</param>
    /// <param name="log">The log.</param>
    public KubernetesPods(KubernetesClient client, string node, NodeKernel kernel, ProblemBoard problems, ILogger log) =>
        (_client, _node, _kernel, _problems, _log) = (client, node, kernel, problems, log);

    /// <summary>Told of every pod that says something else of its networks than before: its name, what it said, and what it says.</summary>
    public event Action<NamespacedName, PodWishes, PodWishes>? WishesChanged;

    /// <summary>Begins to follow this node's pods and to write.</summary>
    public void Start()
    {
        _kernel.PodSaved += OnSaved;
        _worker = Task.WhenAll(Task.Run(FollowAsync), Task.Run(WriteAsync));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _kernel.PodSaved -= OnSaved;
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _signal.Dispose();
    }

    /// <summary>The uid that the API server has of a pod; null when it has no such pod.</summary>
    /// <param name="name">The pod.</param>
    /// <param name="uid">The uid that the runtime told; empty when it did not.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="KubernetesException">It could not be asked.</exception>
    public async Task<string?> UidAsync(NamespacedName name, string uid, CancellationToken cancellationToken) =>
        (await FindAsync(name, uid, cancellationToken))?.Uid;

    /// <summary>
    /// What a pod says of its networks; null when the API server has no such pod, or it is only the image of one that the kubelet has from a file.
    /// </summary>
    /// <param name="name">The pod.</param>
    /// <param name="uid">The uid that the runtime told; empty when it did not.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="NotReadyException">It was not shown yet, and the API server cannot be asked.</exception>
    public async Task<PodWishes?> WishesAsync(NamespacedName name, string uid, CancellationToken cancellationToken)
    {
        var seen = FindSeen(name) is { } shown && shown.Is(uid)
            ? shown
            : await LabelQuestion.AskAsync(Volatile.Read(ref _lost), token => FindAsync(name, uid, token), cancellationToken);
        return seen is { RuntimeUid: null } pod ? pod.Wishes : null;
    }

    /// <summary>The labels of a pod as it was shown last; null when it was not.</summary>
    public NetworkLabels? FindLabels(NamespacedName name) => FindSeen(name)?.Wishes.Labels;

    private static NamespacedName NameOf(Pod pod) => new(pod.Namespace, pod.Name);

    private void OnSaved(Pod pod)
    {
        if (!PodNetworkStatus.IsUndecided(pod))
        {
            Mark([NameOf(pod)]);
        }
    }

    private void Mark(IEnumerable<NamespacedName> names)
    {
        lock (_gate)
        {
            // Without a namespace it is no pod of Kubernetes.
            _due.UnionWith(names.Where(name => name.Namespace.Length > 0));
            if (_isListed && _due.Count > 0 && _signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private async Task FollowAsync()
    {
        await foreach (var happened in _client.FollowAsync(Resource.Pods, ResourceSelector.OnNode(_node), _stop.Token))
        {
            switch (happened)
            {
                case ResourceEvent<PodObject>.Snapshot snapshot:
                    Know(snapshot.Objects.Select(entry => new ResourceChange<PodObject>(entry.Name, entry.Value)), isAll: true);
                    Mark(_kernel.Pods.Values.Select(NameOf));
                    break;
                case ResourceEvent<PodObject>.Changed changed:
                    Know(changed.Changes, isAll: false);
                    Mark(changed.Changes.Select(change => change.Name));
                    break;
                case ResourceEvent<PodObject>.Disconnected lost:
                    Volatile.Write(ref _lost, lost.Reason);
                    Report($"Kubernetes does not show the pods of this node, whose addresses are then not shown either: {lost.Reason}");
                    continue;
            }

            Volatile.Write(ref _lost, null);
            _problems.Set(Topic, null);
        }
    }

    private void Know(IEnumerable<ResourceChange<PodObject>> changes, bool isAll)
    {
        List<(NamespacedName Name, PodWishes Before, PodWishes Now)> changed = [];
        lock (_gate)
        {
            var before = isAll ? new Dictionary<NamespacedName, Seen>(_seen) : _seen;
            if (isAll)
            {
                _seen.Clear();
                _isListed = true;
            }

            foreach (var (name, pod) in changes)
            {
                if (pod is null)
                {
                    _seen.Remove(name);
                    continue;
                }

                var now = Seen.Of(pod);
                if (before.TryGetValue(name, out var known) && known.Uid == now.Uid && known.Wishes != now.Wishes && now.RuntimeUid is null)
                {
                    changed.Add((name, known.Wishes, now.Wishes));
                }

                _seen[name] = now;
            }
        }

        foreach (var (name, was, now) in changed)
        {
            WishesChanged?.Invoke(name, was, now);
        }
    }

    private async Task WriteAsync()
    {
        var retry = FirstRetry;
        while (true)
        {
            await _signal.WaitAsync(_mtu > 0 ? LookAgain : FirstRetry, _stop.Token);
            if (_kernel.Current.Node?.OverlayMtu is > 0 and var mtu && mtu != _mtu)
            {
                _mtu = mtu;
                Mark(_kernel.Pods.Values.Select(NameOf));
            }

            // A daemon that starts would write every pod twice: what is right but for the MTU is left as it is until that is known.
            if (_mtu == 0)
            {
                continue;
            }

            var (hasWritten, failed) = await WriteDueAsync();
            if (failed.Count > 0)
            {
                await Task.Delay(retry, _stop.Token);
                retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
                Mark(failed);
                continue;
            }

            retry = FirstRetry;
            if (hasWritten)
            {
                await Task.Delay(MinimumGap, _stop.Token);
            }
        }
    }

    private async Task<(bool HasWritten, List<NamespacedName> Failed)> WriteDueAsync()
    {
        NamespacedName[] names;
        lock (_gate)
        {
            names = _isListed ? [.. _due] : [];
            _due.ExceptWith(names);
        }

        var hasWritten = false;
        List<NamespacedName> failed = [];
        string? problem = null;
        foreach (var name in names)
        {
            try
            {
                hasWritten |= await WriteAsync(name);
            }
            catch (KubernetesException e)
            {
                failed.Add(name);
                problem = $"the addresses of {name} are not shown on the pod: {e.Message}";
            }
        }

        if (problem is not null)
        {
            Report(problem);
        }
        else if (names.Length > 0)
        {
            _problems.Set(Topic, null);
        }

        return (hasWritten, failed);
    }

    private async Task<bool> WriteAsync(NamespacedName name)
    {
        // Of several sandboxes of one pod the newest is the one that runs.
        var pod = _kernel.Pods.Values.Where(p => !p.Ended && NameOf(p) == name).MaxBy(p => p.Attachments.Select(a => a.Number).DefaultIfEmpty().Max());
        if (pod is null || PodNetworkStatus.IsUndecided(pod) || await FindAsync(name, pod.Uid, _stop.Token) is not { } seen)
        {
            return false;
        }

        var wanted = PodNetworkStatus.Of(pod, _mtu);
        if (seen.IsHostNetwork || seen.Status == wanted)
        {
            return false;
        }

        // A pod that has meanwhile become another is left alone; the one that follows is marked when it is attached and when it is seen.
        if (!await _client.AnnotatePodAsync(name, seen.Uid, new Dictionary<string, string?> { [NetworkStatus.Key] = wanted }, _stop.Token))
        {
            return false;
        }

        lock (_gate)
        {
            _seen[name] = seen with { Status = wanted };
        }

        KubernetesLog.Annotated(_log, name, wanted ?? "");
        return true;
    }

    private async Task<Seen?> FindAsync(NamespacedName name, string uid, CancellationToken cancellationToken)
    {
        if (FindSeen(name) is { } seen && seen.Is(uid))
        {
            return seen;
        }

        // What is followed may be behind what the runtime says.
        return await _client.GetAsync(Resource.Pods, name, cancellationToken) is { } pod && Seen.Of(pod) is var read && read.Is(uid) ? read : null;
    }

    private Seen? FindSeen(NamespacedName name)
    {
        lock (_gate)
        {
            return _seen.TryGetValue(name, out var seen) ? seen : null;
        }
    }

    private void Report(string problem)
    {
        if (_problems.Set(Topic, problem))
        {
            KubernetesLog.Problem(_log, problem);
        }
    }

    /// <summary>What is kept of a pod of the API server.</summary>
    /// <param name="Uid">The server's uid of it.</param>
    /// <param name="RuntimeUid">The runtime's, where that is another.</param>
    /// <param name="IsHostNetwork">It has the node's network.</param>
    /// <param name="Status">The annotation; null when it has none.</param>
    /// <param name="Wishes">What it says of its networks.</param>
    private readonly record struct Seen(string Uid, string? RuntimeUid, bool IsHostNetwork, string? Status, PodWishes Wishes)
    {
        public static Seen Of(PodObject pod) => new(
            pod.Uid, pod.RuntimeUid == pod.Uid ? null : pod.RuntimeUid, pod.IsHostNetwork, pod.Annotations[NetworkStatus.Key], PodWishes.Of(pod));

        public bool Is(string uid) => uid.Length == 0 || (RuntimeUid ?? Uid) == uid;
    }
}
