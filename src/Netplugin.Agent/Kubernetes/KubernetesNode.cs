using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Node;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using NodeObject = Netplugin.Kubernetes.Objects.Node;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Follows this node's own object in Kubernetes for its zone, and for the pod CIDRs that the cluster gave it. Pods that run keep their block: another
/// one is taken up when none of them is left.
/// </summary>
internal sealed class KubernetesNode : IAsyncDisposable
{
    private const string Topic = LoopTopics.PodCidr;
    private const string ServerTopic = "kubernetes";
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private readonly KubernetesClient _client;
    private readonly string _name;
    private readonly NodeIdentity _identity;
    private readonly NodeKernel _kernel;
    private readonly bool _asksForBlocks;
    private readonly Action _changed;
    private readonly Action<string?> _placed;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _worker = Task.CompletedTask;
    private IReadOnlyList<IpPrefix> _given = [];
    private bool? _exists;

    /// <summary>Makes the follower; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="name">The node's name, which is its host label.</param>
    /// <param name="identity">Told of the blocks.</param>
    /// <param name="kernel">Says which blocks running pods are of.</param>
    /// <param name="asksForBlocks">False: the operator gave the blocks.</param>
    /// <param name="changed">Told when a block is another.</param>
    /// <param name="placed">Told the node's zone, null when it is in none, whenever its object was seen.</param>
    /// <param name="problems">Told what an operator should know.</param>
    /// <param name="log">The log.</param>
    public KubernetesNode(
        KubernetesClient client, string name, NodeIdentity identity, NodeKernel kernel, bool asksForBlocks, Action changed, Action<string?> placed,
        ProblemBoard problems, ILogger log)
    {
        (_client, _name, _identity, _kernel, _asksForBlocks) = (client, name, identity, kernel, asksForBlocks);
        (_changed, _placed, _problems, _log) = (changed, placed, problems, log);
    }

    /// <summary>Why this node serves no pods of the default network yet, for the operator.</summary>
    public string Awaited => _problems.Get(Topic) ?? _problems.Get(ServerTopic) ?? $"Kubernetes has not said yet which pod CIDRs node {_name} has";

    /// <summary>Begins to follow.</summary>
    public void Start() => _worker = Task.WhenAll(Task.Run(FollowAsync), _asksForBlocks ? Task.Run(LookAgainAsync) : Task.CompletedTask);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        await foreach (var happened in _client.FollowAsync(Resource.Nodes, ResourceSelector.Named(_name), _stop.Token))
        {
            switch (happened)
            {
                case ResourceEvent<NodeObject>.Snapshot snapshot:
                    Know(snapshot.Objects.FirstOrDefault().Value);
                    break;
                case ResourceEvent<NodeObject>.Changed { Changes: [.., var last] }:
                    Know(last.Value);
                    break;
                case ResourceEvent<NodeObject>.Disconnected lost:
                    _problems.Set(ServerTopic, $"Kubernetes cannot be followed: {lost.Reason}");
                    KubernetesLog.Lost(_log, "this node", lost.Reason);
                    continue;
                default:
                    break;
            }

            _problems.Set(ServerTopic, null);
        }
    }

    private void Know(NodeObject? node)
    {
        lock (_gate)
        {
            _exists = node is not null;
            _given = node?.PodCidrs ?? [];
        }

        _placed(node?.Labels[NodeObject.ZoneLabel]);
        if (_asksForBlocks)
        {
            Decide();
        }
    }

    private async Task LookAgainAsync()
    {
        // A block waits for the last pod of the one before to go.
        using var timer = new PeriodicTimer(LookAgain);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            Decide();
        }
    }

    private void Decide()
    {
        lock (_gate)
        {
            if (_exists is not { } exists)
            {
                return;
            }

            var choice = BlockChoice.Of(_name, exists, _given, _kernel.BlocksInUse);
            _problems.Set(Topic, choice.Problem);
            if (!choice.Blocks.IsEmpty && _identity.Serve(choice.Blocks))
            {
                KubernetesLog.Serving(_log, choice.Blocks);
                _changed();
            }
        }
    }
}
