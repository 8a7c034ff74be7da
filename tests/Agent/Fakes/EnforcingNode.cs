using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Metrics;
using Netplugin.Agent.Policies;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Kubernetes;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A node that enforces policies in maps in memory, with a Kubernetes that says what a test says, or without one. Disposing is the daemon's end; another one on its folder and maps is its restart.</summary>
internal sealed class EnforcingNode : IAsyncDisposable
{
    // For how long an ADD waits. What is refused takes so long, and what is not must be there by then on a busy machine too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly AgentMetrics _metrics = new();
    private readonly KubernetesClient? _client;

    private EnforcingNode(FakeNode node, ModelPolicyMaps maps, FakeServices? kubernetes)
    {
        (Node, Maps, Kubernetes) = (node, maps, kubernetes);
        Unreadable = new(node.Problems, NullLogger.Instance);
        Engine = new(new(
            Samples.Me, maps, kubernetes is null ? [] : KubernetesPolicies.Sources, () => node.Follower.View, () => node.Follower.IsSettling, () => node.Kernel.Pods, Unreadable, node.Problems, _metrics,
            NullLogger.Instance)
        {
            Patience = Patience,
        });
        node.ViewChanged += Engine.ViewChanged;
        node.Kernel.PodSaved += _ => Engine.PodsChanged();
        node.Enforce = Engine.EnforceAsync;
        if (kubernetes is not null)
        {
            _client = kubernetes.Client();
            Policies = new(_client, Engine, Unreadable, node.Problems, NullLogger.Instance);
            node.Enforce = Policies.EnforceAsync;
            Policies.Start();
        }

        Engine.Start();
    }

    public FakeNode Node { get; }

    public ModelPolicyMaps Maps { get; }

    public FakeServices? Kubernetes { get; }

    public PolicyEngine Engine { get; }

    public KubernetesPolicies? Policies { get; }

    public UnreadablePolicies Unreadable { get; }

    /// <summary>A node.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="kubernetes">Its Kubernetes; null: none.</param>
    /// <param name="before">The daemon before; null: there was none.</param>
    /// <param name="follow">False: the store is not followed yet.</param>
    public static async Task<EnforcingNode> StartAsync(string folder, FakeServices? kubernetes = null, EnforcingNode? before = null, bool follow = true) =>
        new(await FakeNode.StartAsync(folder, before?.Node, follow, Samples.Serving), before?.Maps ?? new(), kubernetes);

    /// <summary>Waits until all that is attached and known is enforced.</summary>
    public Task CatchUpAsync() => Engine.EnforceAsync(Samples.Pod("none", PodOrigin.Cni), CancellationToken.None);

    /// <summary>Whether packets of a connection from a cluster address to TCP port 80 of a pod's first interface pass, as the maps say it now.</summary>
    public Task<bool> AllowsAsync(string from, Pod to) => AllowsAsync(new PlaneAddress(NetworkId.ClusterDefault, IpAddr.Parse(from)), to.Attachments[0]);

    /// <summary>The same, from an address in any plane, to an interface.</summary>
    public Task<bool> AllowsAsync(PlaneAddress from, Attachment to) => LookAsync(maps =>
    {
        var reasons = maps.ReadReasons().ToDictionary(number => number, _ => (PolicyReason)new PolicyReason.Isolated(PolicyDirection.Ingress, []));
        var tables = maps.Tables(_ => to.Endpoint.Network, device => new(NetworkId.ClusterDefault, $"device {device.Value}"), reasons);
        return tables.Decide(new(NetworkId.ClusterDefault, $"device {to.Device.Value}"), PolicyDirection.Ingress, from, 6, 80, isItself: false).IsAllowed;
    });

    /// <summary>The devices that the maps have tables for, other than closed ones.</summary>
    public Task<ImmutableArray<int>> EnforcedAsync() => LookAsync<ImmutableArray<int>>(
        maps => [.. maps.ReadSubjects().Where(one => one.Tables.At(maps.Generation) != SubjectTables.Closed).Select(one => one.Device.Value).Order()]);

    /// <summary>Looks at the maps while nobody writes.</summary>
    public Task<T> LookAsync<T>(Func<ModelPolicyMaps, T> look) => Engine.AskAsync(_ => look(Maps));

    public async ValueTask DisposeAsync()
    {
        if (Policies is not null)
        {
            await Policies.DisposeAsync();
        }

        await Engine.DisposeAsync();
        _client?.Dispose();
        await Node.DisposeAsync();
        _metrics.Dispose();
    }
}
