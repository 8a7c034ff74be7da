using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Agent.Kubernetes;

/// <summary>Follows the cluster's namespaces, of which no more is kept than the labels by which their pods have a network.</summary>
internal sealed class KubernetesNamespaces : IAsyncDisposable
{
    /// <summary>The topic of what an operator should know.</summary>
    internal const string Topic = "kubernetes-namespaces";

    private readonly KubernetesClient _client;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NetworkLabels> _seen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;
    private string? _lost;

    /// <summary>Makes the follower; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="problems">Told what an operator should know.</param>
    /// <param name="log">The log.</param>
    public KubernetesNamespaces(KubernetesClient client, ProblemBoard problems, ILogger log) => (_client, _problems, _log) = (client, problems, log);

    /// <summary>Told of every namespace that has other labels than before: its name, those before, and those it has.</summary>
    public event Action<string, NetworkLabels, NetworkLabels>? Relabelled;

    /// <summary>Begins to follow.</summary>
    public void Start() => _worker = Task.Run(FollowAsync);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>The labels of a namespace; none when there is no such namespace.</summary>
    /// <exception cref="NotReadyException">It was not shown yet, and the API server cannot be asked.</exception>
    public async Task<NetworkLabels> LabelsAsync(string name, CancellationToken cancellationToken)
    {
        if (Find(name) is { } seen)
        {
            return seen;
        }

        // What is followed may be behind what the runtime says.
        return await LabelQuestion.AskAsync(
            Volatile.Read(ref _lost), async token => await _client.GetAsync(Resource.Namespaces, new("", name), token) is { } found ? NetworkLabels.Of(found.Labels) : default, cancellationToken);
    }

    /// <summary>The labels of a namespace as it was shown last; null when it was not.</summary>
    public NetworkLabels? Find(string name)
    {
        lock (_gate)
        {
            return _seen.TryGetValue(name, out var labels) ? labels : null;
        }
    }

    private async Task FollowAsync()
    {
        await foreach (var happened in _client.FollowAsync(Resource.Namespaces, cancellationToken: _stop.Token))
        {
            switch (happened)
            {
                case ResourceEvent<NamespaceLabels>.Snapshot(var objects):
                    Know([.. objects.Select(entry => (entry.Name, (NamespaceLabels?)entry.Value))], isAll: true);
                    break;
                case ResourceEvent<NamespaceLabels>.Changed(var changes):
                    Know([.. changes.Select(change => (change.Name, change.Value))], isAll: false);
                    break;
                case ResourceEvent<NamespaceLabels>.Disconnected(var reason):
                    Volatile.Write(ref _lost, reason);
                    _problems.Set(Topic, $"the namespaces of Kubernetes cannot be followed, so pods have networks by those labels of theirs that were known before: {reason}");
                    KubernetesLog.Lost(_log, "the namespaces", reason);
                    continue;
                default:
                    break;
            }

            Volatile.Write(ref _lost, null);
            _problems.Set(Topic, null);
        }
    }

    private void Know(IReadOnlyList<(NamespacedName Name, NamespaceLabels? Value)> changes, bool isAll)
    {
        List<(string Name, NetworkLabels Before, NetworkLabels Now)> relabelled = [];
        lock (_gate)
        {
            foreach (var ((_, name), value) in changes)
            {
                if (value is null)
                {
                    _seen.Remove(name);
                    continue;
                }

                var now = NetworkLabels.Of(value.Labels);
                if (_seen.TryGetValue(name, out var before) && before != now)
                {
                    relabelled.Add((name, before, now));
                }

                _seen[name] = now;
            }

            if (isAll)
            {
                foreach (var gone in _seen.Keys.Except(changes.Select(change => change.Name.Name)).ToArray())
                {
                    _seen.Remove(gone);
                }
            }
        }

        foreach (var (name, before, now) in relabelled)
        {
            Relabelled?.Invoke(name, before, now);
        }
    }
}
