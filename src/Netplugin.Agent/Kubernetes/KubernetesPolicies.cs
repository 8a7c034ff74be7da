using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;
using Netplugin.Kubernetes.Policies;
using NodeObject = Netplugin.Kubernetes.Objects.Node;
using Pod = Netplugin.Agent.Attachments.Pod;

namespace Netplugin.Agent.Kubernetes;

/// <summary>Follows the policies of the cluster, and all that they ask for: pods, namespaces and nodes.</summary>
/// <remarks>
/// <see cref="KubernetesNamespaces"/> follows the namespaces too, and <see cref="KubernetesPods"/> this node's pods. What is heard here waits for the engine, which may compile for seconds; the networks that pods have by
/// labels must not. And of its own pods a node asks for more: those that have ended, and what their annotations say, whole.
/// </remarks>
/// <param name="client">The API server.</param>
/// <param name="engine">Told of them.</param>
/// <param name="unreadable">Told what of policies cannot be read.</param>
/// <param name="problems">Told what an operator should know.</param>
/// <param name="log">The log.</param>
internal sealed class KubernetesPolicies(KubernetesClient client, PolicyEngine engine, UnreadablePolicies unreadable, ProblemBoard problems, ILogger log) : IAsyncDisposable
{
    private const string Pods = "the pods";
    private const string Namespaces = "the namespaces";
    private const string Nodes = "the nodes";
    private const string NetworkPolicies = "the NetworkPolicies";
    private const string ClusterNetworkPolicies = "the ClusterNetworkPolicies";
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;

    /// <summary>What must be listed before anything is enforced.</summary>
    public static ImmutableArray<string> Sources { get; } = [Pods, Namespaces, Nodes, NetworkPolicies, ClusterNetworkPolicies];

    /// <summary>Begins to follow.</summary>
    public void Start() => _worker = Task.WhenAll(
        Task.Run(() => FollowAsync(
            Resource.PolicedPods, Pods, (facts, all) => facts.SetPods([.. all.Select(one => one.Value)]), (facts, change) => facts.SetPod(change.Name, change.Value))),
        Task.Run(() => FollowAsync(
            Resource.Namespaces,
            Namespaces,
            (facts, all) => facts.SetNamespaces(all.ToDictionary(one => one.Value.Name, one => one.Value.Labels)),
            (facts, change) => facts.SetNamespace(change.Name.Name, change.Value?.Labels))),
        Task.Run(() => FollowAsync(
            Resource.Nodes,
            Nodes,
            (facts, all) => facts.SetNodes(all.ToDictionary(one => one.Value.Name, one => Known(one.Value))),
            (facts, change) => facts.SetNode(change.Name.Name, change.Value is { } node ? Known(node) : null))),
        Task.Run(() => FollowPoliciesAsync(
            Resource.NetworkPolicies, NetworkPolicies, PolicyKind.NetworkPolicy, name => new(PolicyKind.NetworkPolicy, name.Namespace, name.Name), policy => new KnownPolicy.OfNamespace(policy))),
        Task.Run(() => FollowPoliciesAsync(
            Resource.ClusterNetworkPolicies, ClusterNetworkPolicies, PolicyKind.ClusterNetworkPolicy, name => new(PolicyKind.ClusterNetworkPolicy, "", name.Name), policy => new KnownPolicy.OfCluster(policy))));

    /// <summary>Waits until policies are enforced for a pod that is attached, with its labels as Kubernetes has them now.</summary>
    /// <exception cref="NotReadyException">Kubernetes does not say them, or what it says cannot be enforced yet.</exception>
    public async Task EnforceAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Namespace.Length > 0)
        {
            var isFromFile = Guid.TryParseExact(pod.Uid, "N", out _);
            await LearnAsync(new(pod.Namespace, pod.Name), Guid.TryParse(pod.Uid, out var uid) ? uid : Guid.Empty, isFromFile, cancellationToken);
        }

        await engine.EnforceAsync(pod, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>Has the engine know a pod and its namespace: what is followed may be behind what the runtime says.</summary>
    private async Task LearnAsync(NamespacedName name, Guid uid, bool isFromFile, CancellationToken cancellationToken)
    {
        var (knowsPod, knowsNamespace) = await engine.AskAsync(facts => (facts.Knows(name, uid), facts.KnowsNamespace(name.Namespace)));

        // One that the kubelet has from a file may be here before the API server has an image of it; it has the uid of a hash.
        var asked = knowsPod || isFromFile ? Task.FromResult<PolicedPod?>(null) : AskAsync(Pods, Resource.PolicedPods, name, cancellationToken);
        var space = knowsNamespace ? null : await AskAsync(Namespaces, Resource.Namespaces, new("", name.Namespace), cancellationToken);
        var pod = await asked;
        if (pod is not null || space is not null)
        {
            await engine.TellAsync(facts =>
            {
                if (space is not null && !facts.KnowsNamespace(space.Name))
                {
                    facts.SetNamespace(space.Name, space.Labels);
                }

                // What was heard meanwhile may be newer.
                if (pod is not null && !facts.Knows(name, pod.RuntimeUid))
                {
                    facts.SetPod(name, pod);
                }
            });
        }
    }

    private Task<T?> AskAsync<T>(string what, Resource<T> resource, NamespacedName name, CancellationToken cancellationToken)
        where T : class => LabelQuestion.AskAsync(problems.Get(PolicyEngine.TopicOf(what)), token => client.GetAsync(resource, name, token), cancellationToken, "the labels of this pod and its namespace, which policies ask for");

    private Task FollowPoliciesAsync<T>(Resource<PolicyReadResult<T>> resource, string what, PolicyKind kind, Func<NamespacedName, PolicyId> idOf, Func<T, KnownPolicy> known)
        where T : class => FollowAsync(
        resource,
        what,
        (facts, all) =>
        {
            facts.SetPolicies(kind, [.. all.Where(one => one.Value.Policy is not null).Select(one => known(one.Value.Policy!))]);
            unreadable.Note(all.Select(one => Reading(idOf(one.Name), one.Value)), isAllOf: kind);
        },
        (facts, change) =>
        {
            facts.SetPolicy(idOf(change.Name), change.Value?.Policy is { } policy ? known(policy) : null);
            unreadable.Note([Reading(idOf(change.Name), change.Value)]);
        });

    private static PolicyReading Reading<T>(PolicyId id, PolicyReadResult<T>? read)
        where T : class => PolicyReading.Of(id, read?.Problems ?? [], read?.Policy is not null, read?.Uid ?? "");

    private async Task FollowAsync<T>(
        Resource<T> resource, string what, Action<PolicyFacts, ImmutableArray<ResourceEntry<T>>> tellAll, Action<PolicyFacts, ResourceChange<T>> tell)
        where T : class
    {
        var topic = PolicyEngine.TopicOf(what);
        await foreach (var happened in client.FollowAsync(resource, cancellationToken: _stop.Token))
        {
            switch (happened)
            {
                case ResourceEvent<T>.Snapshot(var objects):
                    await engine.TellAsync(facts => tellAll(facts, objects), listed: what);
                    break;
                case ResourceEvent<T>.Changed(var changes):
                    await engine.TellAsync(facts =>
                    {
                        foreach (var change in changes)
                        {
                            tell(facts, change);
                        }
                    });
                    break;
                case ResourceEvent<T>.Disconnected(var reason):
                    problems.Set(topic, $"{what} of Kubernetes cannot be followed, so policies are enforced as they were known before: {reason}");
                    KubernetesLog.Lost(log, what, reason);
                    continue;
                default:
                    break;
            }

            problems.Set(topic, null);
        }
    }

    private static KnownNode Known(NodeObject node) => new(node.Labels, [.. node.Addresses.Select(address => address.Address)]);
}
