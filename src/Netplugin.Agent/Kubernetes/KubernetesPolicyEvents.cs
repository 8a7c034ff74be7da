using Microsoft.Extensions.Logging;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Events;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Says on a policy's object, as Events, that it is not enforced as its author wrote it. Each sentence is told once, for as long as it holds; looked at now and then, so that what could not be written is tried again, and what
/// comes and goes in seconds is told to nobody.
/// </summary>
/// <remarks>
/// That a policy cannot be read is the same on every node, and each that said so would write an Event of its own: the one that posts the cluster's resources says it. That a node has no room is that node's, and it says so itself.
/// </remarks>
/// <param name="client">The API server.</param>
/// <param name="node">The node's name.</param>
/// <param name="speaks">True: this node says what every node sees.</param>
/// <param name="unreadable">What cannot be read.</param>
/// <param name="unfit">What this node's maps have no room for.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class KubernetesPolicyEvents(
    KubernetesClient client, string node, Func<bool> speaks, UnreadablePolicies unreadable, Func<IReadOnlyCollection<(PolicyId Id, string Sentence)>> unfit, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const string Unreadable = "PolicyUnreadable";
    private const string NotEnforced = "PolicyNotEnforced";

    // Of thousands of policies the others wait: an API server is not to be flooded.
    private const int MostAtOnce = 20;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly EventRecorder _recorder = new(client, "netplugin", node, time);
    private readonly Dictionary<(PolicyId Id, string Reason), (string Sentence, string Uid)> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;

    /// <summary>Begins.</summary>
    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>Tells what is not told yet.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        var wanted = Wanted();
        foreach (var over in _told.Keys.Where(key => !wanted.ContainsKey(key)).ToArray())
        {
            _told.Remove(over);
        }

        try
        {
            foreach (var (key, what) in wanted.Where(one => _told.GetValueOrDefault(one.Key) != one.Value).Take(MostAtOnce))
            {
                if (await SubjectAsync(key.Id, what.Uid, cancellationToken) is { } about)
                {
                    await _recorder.RecordAsync(new(about, IsWarning: true, key.Reason, what.Sentence), cancellationToken);
                }

                _told[key] = what;
            }
        }
        catch (KubernetesException e)
        {
            KubernetesLog.EventLost(log, "policies", e.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _recorder.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            await TellAsync(_stop.Token);
        }
    }

    // The intent's policies are no objects of Kubernetes.
    private Dictionary<(PolicyId Id, string Reason), (string Sentence, string Uid)> Wanted()
    {
        var all = speaks() ? unreadable.All.Values.Select(one => (one.Id, Reason: Unreadable, one.Sentence, one.Uid)) : [];
        return all.Concat(unfit().Select(one => (one.Id, Reason: NotEnforced, one.Sentence, Uid: "")))
            .Where(one => one.Id.Kind != PolicyKind.Intent)
            .ToDictionary(one => (one.Id, one.Reason), one => (one.Sentence, one.Uid));
    }

    /// <summary>The object; null: it is gone meanwhile.</summary>
    private async Task<ObjectReference?> SubjectAsync(PolicyId id, string uid, CancellationToken cancellationToken)
    {
        var name = new NamespacedName(id.Scope, id.Name);
        var isOfNamespace = id.Kind == PolicyKind.NetworkPolicy;
        var found = uid.Length > 0 ? uid
            : isOfNamespace ? (await client.GetAsync(Resource.NetworkPolicies, name, cancellationToken))?.Uid
            : (await client.GetAsync(Resource.ClusterNetworkPolicies, name, cancellationToken))?.Uid;
        return found is null ? null : new(id.Kind.ToString(), isOfNamespace ? id.Scope : null, id.Name, found, isOfNamespace ? "networking.k8s.io/v1" : "policy.networking.k8s.io/v1alpha2");
    }
}
