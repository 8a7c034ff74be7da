using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Binding;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Linux;
using Netplugin.NodeApi.Cni;
using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Store.Json;
using Netplugin.Store.Labels;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>
/// The daemon's parts on a kernel in memory and a real embedded store in a folder. Disposing is the daemon's end without a word: another one on the same folder
/// is its restart.
/// </summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly AgentMetrics _metrics = new();
    private readonly RetiredLinks _retired;

    private FakeNode(string folder, FakeNode? before, NodeFacts? facts, bool knowsServices)
    {
        Services = knowsServices ? new ServiceState(DatapathState.Empty.Frontends, []) : null;
        Facts = facts ?? before?.Facts ?? Samples.Facts;
        Folder = folder;
        Failures = before?.Failures ?? new Failures();
        Links = before?.Links ?? new FakeLinks(Failures);
        Datapath = before?.Datapath ?? new FakeDatapath(Failures);
        Sandboxes = before?.Sandboxes ?? new FakeSandboxes();
        Store = new SwitchedStore(EmbeddedStore.Open(Path.Combine(folder, "store.db")));
        Health = new StoreHealth(TimeProvider.System);
        var store = new NotingStore(Store, Health);
        var journalIsNew = !Directory.Exists(Path.Combine(folder, "attachments"));
        Follower = new ClusterFollower(store, Samples.Me, new StoreMemoryFile(folder), Health, change =>
        {
            Loop?.Mark(change);
            Keeper?.Signal(change.Resolve);
            ViewChanged?.Invoke(change);
        }, TimeProvider.System, NullLogger.Instance);
        _retired = new RetiredLinks(Links, NullLogger.Instance);
        Kernel = new NodeKernel(
            Links, Datapath, Namespaces, new AttachmentJournal(folder), () => Follower.View, () => Follower.IsSettling, () => Facts, () => Services, Problems,
            Follower.FollowNetworks, _retired.Signal, Time, NullLogger.Instance);
        Kernel.Restore();
        Loop = new KernelLoop(Kernel, () => Keeper?.MayRemove == true, Problems, _metrics, LoopTime, NullLogger.Instance);
        var cache = new SandboxCache(Sandboxes, Problems);
        var turns = new PodTurns();
        var reader = new EndpointReader(store);
        var binder = new Binder(store, Samples.Me, Health);
        var labelled = new LabelledEndpoints(store, Samples.Me);
        Pods = new PodService(Loop, Kernel, turns, reader, binder, labelled, Follower, cache, _retired, _ => Task.CompletedTask, () => Keeper?.Signal(resolve: false), () => Awaited, WishesAsync, (pod, token) => Enforce(pod, token), TimeProvider.System, NullLogger.Instance);
        Keeper = new PodKeeper(new KeeperParts(
            Pods, Loop, Kernel, turns, Follower, reader, binder, store, cache, Namespaces, _retired, Problems, journalIsNew, labelled, Time, NullLogger.Instance));
    }

    public string Folder { get; }

    public Failures Failures { get; }

    /// <summary>What the default network's block waits for; null: nothing.</summary>
    public string? Awaited { get; set; }

    /// <summary>What pods have by labels.</summary>
    public Func<AttachRequest, CancellationToken, Task<LabelledNetwork?>> Labels { get; set; } = (_, _) => Task.FromResult<LabelledNetwork?>(null);

    /// <summary>What pods' annotation of networks says, by the pod's name.</summary>
    public Dictionary<string, string> Annotations { get; } = [];

    /// <summary>Asked instead of the two above; null: they are.</summary>
    public Func<AttachRequest, CancellationToken, Task<WishedNetworks>>? Wishes { get; set; }

    /// <summary>Told of every change of the view.</summary>
    public event Action<ClusterChange>? ViewChanged;

    /// <summary>Has policies enforced for a pod.</summary>
    public Func<Pod, CancellationToken, Task> Enforce { get; set; } = (_, _) => Task.CompletedTask;

    public FakeLinks Links { get; }

    public FakeDatapath Datapath { get; }

    public FakeNamespaces Namespaces { get; } = new();

    /// <summary>The kernel work's clock.</summary>
    public ManualTime Time { get; } = new();

    /// <summary>The loop's clock.</summary>
    public ManualTime LoopTime { get; } = new();

    /// <summary>What is balanced for pods, and which ports all may use; null: that is not known yet.</summary>
    public ServiceState? Services { get; set; }

    /// <summary>What the node knows of itself.</summary>
    public NodeFacts Facts { get; set; }

    public FakeSandboxes Sandboxes { get; }

    public SwitchedStore Store { get; }

    public StoreHealth Health { get; }

    public ProblemBoard Problems { get; } = new();

    public ClusterFollower Follower { get; }

    public NodeKernel Kernel { get; }

    public KernelLoop Loop { get; }

    public PodService Pods { get; }

    public PodKeeper Keeper { get; }

    /// <summary>A node in a folder; its kernel and runtime are those of the node before it, if there was one.</summary>
    public static async Task<FakeNode> StartAsync(string folder, FakeNode? before = null, bool follow = true, NodeFacts? facts = null, bool knowsServices = true)
    {
        var node = new FakeNode(folder, before, facts, knowsServices);
        await node.Loop.ResyncAsync();
        if (follow)
        {
            node.Follower.Start();
            try
            {
                await Eventually.HoldsAsync("the store to be listed", () => node.Follower.View.IsListed);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"held: {node.Follower.Held}; health: {node.Health.Report}; view: {node.Follower.View}", e);
            }
        }

        node.Keeper.Start();
        return node;
    }

    /// <summary>Writes records as a post does.</summary>
    public async Task PostAsync(params EndpointRecord[] endpoints)
    {
        var operations = ImmutableArray.CreateBuilder<StoreOperation>();
        operations.Add(new StoreOperation.Put(StoreKeys.Cluster, RecordCodec.Encode(new ClusterRecord(ClusterId, 0, ClusterRecord.CurrentSchema))));
        operations.Add(new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(new PostRecord(++_post) { Moved = [.. endpoints.Select(e => e.Id.Network).Distinct()] })));
        foreach (var network in endpoints.Select(e => e.Id.Network).Distinct())
        {
            operations.Add(new StoreOperation.Put(StoreKeys.Network(network), RecordCodec.Encode(Samples.Network(network, VniOf(network)))));
        }

        foreach (var container in endpoints.GroupBy(e => e.Id.Container))
        {
            operations.Add(new StoreOperation.Put(
                StoreKeys.Container(container.Key), RecordCodec.Encode(new ContainerRecord(container.Key, [.. container.Select(e => e.Id.Network)]))));
        }

        foreach (var endpoint in endpoints)
        {
            operations.Add(new StoreOperation.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint)));
            if (endpoint.Host.Length > 0)
            {
                operations.Add(new StoreOperation.Put(StoreKeys.Home(endpoint.Host, endpoint.Id), System.Text.Encoding.UTF8.GetBytes(endpoint.AttachUuid)));
            }
        }

        await Store.CommitAsync(new StoreTransaction([], operations.ToImmutable()));
    }

    /// <summary>Writes a record as whoever changes it outside of a post does.</summary>
    public Task WriteAsync(EndpointRecord endpoint) => Store.CommitAsync(new StoreTransaction(
        [], [new StoreOperation.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint))]));

    /// <inheritdoc cref="WriteAsync(EndpointRecord)"/>
    public Task WriteAsync(NetworkRecord network) => Store.CommitAsync(new StoreTransaction(
        [], [new StoreOperation.Put(StoreKeys.Network(network.Id), RecordCodec.Encode(network))]));

    /// <summary>Registers another node, as its daemon does.</summary>
    public Task RegisterAsync(string host) => Store.CommitAsync(new StoreTransaction(
        [], [new StoreOperation.Put(StoreKeys.Node(host), RecordCodec.Encode(Samples.View().Nodes![host]))]));

    /// <summary>Removes keys, and counts as a post.</summary>
    public async Task DeleteAsync(params string[] keys) => await Store.CommitAsync(new StoreTransaction(
        [], [.. keys.Select(k => new StoreOperation.Delete(k)), new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(new PostRecord(++_post)))]));

    /// <summary>What the store has of an endpoint; null when it has none.</summary>
    public async Task<EndpointRecord?> RecordAsync(EndpointId id) =>
        await Store.GetAsync(StoreKeys.Endpoint(id)) is { } entry ? RecordCodec.DecodeEndpoint(entry) : null;

    /// <summary>A CNI ADD of a pod.</summary>
    public Task<Pod> AddAsync(string sandbox, string pod, string podNamespace = "default", params ImmutableArray<CniPortMapping> hostPorts) => Pods.AttachAsync(
        new AttachRequest(new PodKey(sandbox, "eth0"), pod, podNamespace, "net", PodOrigin.Cni) { HostPorts = hostPorts }, new FakeNamespace("/run/netns/" + sandbox), CancellationToken.None);

    /// <summary>An ADD whose first kernel call fails, then one whose second call fails, and so on until no call is left to fail.</summary>
    /// <param name="add">The ADD.</param>
    /// <param name="afterFailure">What to assert after each that failed, when its pod is gone.</param>
    /// <returns>The pod of the ADD that did not fail.</returns>
    public async Task<Pod> AddFailingEachCallAsync(Func<Task<Pod>> add, Func<Task> afterFailure)
    {
        for (var call = 1; call < 50; call++)
        {
            Failures.Restart(failAt: call);
            try
            {
                return await add();
            }
            catch (KernelException)
            {
                Failures.FailAt = 0;
                await Eventually.HoldsAsync($"what call {call} left to be removed", () => Kernel.Pods.IsEmpty);
                await afterFailure();
            }
        }

        throw new InvalidOperationException("an ADD does not make so many calls");
    }

    /// <summary>A CNI DEL of a pod.</summary>
    public Task DeletePodAsync(string sandbox) => Pods.DetachAsync(new PodKey(sandbox, "eth0"), CancellationToken.None);

    /// <summary>Nothing is left of any pod: no link, no map entry, no journal file.</summary>
    public void AssertNothingLeft()
    {
        Assert.Empty(Links.Links);
        Assert.Empty(Datapath.State.Interfaces);
        Assert.DoesNotContain(Datapath.State.Endpoints.Values, e => e.Device != IfIndex.None);
        Assert.Empty(Directory.GetFiles(Path.Combine(Folder, "attachments")));
        Assert.Empty(Kernel.Pods);
    }

    public async ValueTask DisposeAsync()
    {
        await Keeper.DisposeAsync();
        await Follower.DisposeAsync();
        await Loop.DisposeAsync();
        await _retired.DisposeAsync();
        await Store.DisposeAsync();
        _metrics.Dispose();
    }

    private async Task<WishedNetworks> WishesAsync(AttachRequest request, CancellationToken cancellationToken) => Wishes is { } asked
        ? await asked(request, cancellationToken)
        : new(await Labels(request, cancellationToken), Annotations.GetValueOrDefault(request.PodName));

    private static uint VniOf(NetworkId network) => network == Samples.Orange ? 10001u : 10002u;

    private static readonly Guid ClusterId = Guid.NewGuid();
    private static long _post = 1;
}
