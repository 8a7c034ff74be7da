using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Agent.Kubernetes;

/// <summary>Follows the cluster's Services and their endpoints, and says what this node's pods send to that is balanced.</summary>
internal sealed class KubernetesServices : IAsyncDisposable
{
    private const string ConflictTopic = "services/";
    private const int ConflictsShown = 5;
    private readonly KubernetesClient _client;
    private readonly string _node;
    private readonly ImmutableHashSet<NamespacedName> _shared;
    private readonly Action _changed;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _worker = Task.CompletedTask;
    private ServiceTable _table;
    private bool _knowsPlace;
    private bool _knowsServices;
    private bool _knowsEndpoints;
    private ServiceState? _state;

    /// <summary>Makes the follower; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="shared">The Services that pods of every network may use.</param>
    /// <param name="changed">Told when <see cref="State"/> is another.</param>
    /// <param name="problems">Told what an operator should know.</param>
    /// <param name="log">The log.</param>
    public KubernetesServices(KubernetesClient client, string node, ImmutableHashSet<NamespacedName> shared, Action changed, ProblemBoard problems, ILogger log)
    {
        (_client, _node, _shared, _changed, _problems, _log) = (client, node, shared, changed, problems, log);
        _table = ServiceTable.Empty(new NodePlace(node, null));
    }

    /// <summary>
    /// What is balanced on this node, and which ports all may use; null until Services, endpoints and the node's place were listed once, for before nothing may be concluded from
    /// what is missing.
    /// </summary>
    public ServiceState? State => Volatile.Read(ref _state);

    /// <summary>Begins to follow.</summary>
    public void Start() => _worker = Task.WhenAll(
        Task.Run(() => FollowAsync(
            Resource.Services, "the Services", () => _knowsServices = true, all => new ServiceChange.SetAllServices(all),
            (name, service) => service is null ? new ServiceChange.RemoveService(name) : new ServiceChange.SetService(service))),
        Task.Run(() => FollowAsync(
            Resource.Endpoints, "the Services' endpoints", () => _knowsEndpoints = true, all => new ServiceChange.SetAllEndpoints(all),
            (name, endpoints) => endpoints is null ? new ServiceChange.RemoveEndpoints(name) : new ServiceChange.SetEndpoints(endpoints))));

    /// <summary>Says where the node stands.</summary>
    /// <param name="zone">Its zone; null: it is in none.</param>
    public void Place(string? zone)
    {
        lock (_gate)
        {
            _knowsPlace = true;
            Publish(_table.At(new NodePlace(_node, zone)));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task FollowAsync<T>(
        Resource<T> resource, string what, Action listed, Func<ImmutableArray<T>, ServiceChange> all, Func<NamespacedName, T?, ServiceChange> one)
        where T : class
    {
        var topic = $"kubernetes/{what}";
        await foreach (var happened in _client.FollowAsync(resource, cancellationToken: _stop.Token))
        {
            switch (happened)
            {
                case ResourceEvent<T>.Snapshot(var objects):
                    Change([all([.. objects.Select(entry => entry.Value)])], listed);
                    break;
                case ResourceEvent<T>.Changed(var changes):
                    Change([.. changes.Select(change => one(change.Name, change.Value))]);
                    break;
                case ResourceEvent<T>.Disconnected(var reason):
                    _problems.Set(topic, $"{what} of Kubernetes cannot be followed, so pods use those known before: {reason}");
                    KubernetesLog.Lost(_log, what, reason);
                    continue;
                default:
                    break;
            }

            _problems.Set(topic, null);
        }
    }

    private void Change(ImmutableArray<ServiceChange> changes, Action? listed = null)
    {
        lock (_gate)
        {
            listed?.Invoke();
            Publish(_table.With(changes));
        }
    }

    private void Publish(ServiceTable table)
    {
        _table = table;
        if (!_knowsPlace || !_knowsServices || !_knowsEndpoints)
        {
            return;
        }

        ReportConflicts();
        var before = State;
        var shared = table.PortsOf(_shared);
        if (before is not null && ReferenceEquals(before.Frontends, table.Frontends) && before.Shared.SetEquals(shared))
        {
            return;
        }

        Volatile.Write(ref _state, new(table.Frontends, shared));
        if (before is null)
        {
            KubernetesLog.ServicesKnown(_log, table.Frontends.Count);
        }

        _changed();
    }

    private void ReportConflicts()
    {
        var conflicts = _table.Conflicts;
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, winner, loser) in conflicts.Take(ConflictsShown))
        {
            Report($"Service {loser} does not get {key}, which Service {winner} has: pods that use it reach that one");
        }

        if (conflicts.Length > ConflictsShown)
        {
            Report($"{conflicts.Length - ConflictsShown} more addresses and ports are claimed by several Services");
        }

        _problems.KeepOnly(ConflictTopic, shown);

        void Report(string problem)
        {
            var topic = $"{ConflictTopic}{shown.Count}";
            shown.Add(topic);
            if (_problems.Set(topic, problem))
            {
                KubernetesLog.Problem(_log, problem);
            }
        }
    }
}
