using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Node;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>What of a daemon registers its node and leases its blocks, on a real store. Disposing is the daemon's end; another one of the name is its restart.</summary>
internal sealed class LeasingNode : IAsyncDisposable
{
    private readonly string _host;
    private readonly IStateStore _store;
    private readonly NodeIdentity _identity;
    private readonly ClusterFollower _follower;
    private readonly LeasedBlocks _leases;
    private readonly ProblemBoard _problems = new();

    /// <summary>Starts.</summary>
    /// <param name="folder">Of what it remembers of the store.</param>
    /// <param name="store">The store; it is not disposed.</param>
    /// <param name="host">The host label.</param>
    /// <param name="pool">The pool; blocks are /24.</param>
    /// <param name="inUse">The block that pods run with; null: none runs.</param>
    public LeasingNode(string folder, IStateStore store, string host, string pool, string? inUse = null)
    {
        (_host, _store) = (host, store);
        InUse = inUse is null ? [] : [IpPrefix.Parse(inUse)];
        var health = new StoreHealth(TimeProvider.System);
        NodeRegistration? registration = null;
        _follower = new ClusterFollower(
            store, host, new StoreMemoryFile(Directory.CreateDirectory(Path.Combine(folder, host)).FullName), health,
            change => registration?.ViewChanged(change), TimeProvider.System, NullLogger.Instance);
        _identity = new NodeIdentity(host, IpAddr.Parse("192.168.2.10"), [], true, _ => Task.FromResult(IpAddr.Unspecified), new Underlay(), _problems, NullLogger.Instance);
        _identity.Serve([.. InUse.Select(block => new AddressBlock(block))]);
        var registry = new NodeRegistry(store);
        _leases = new LeasedBlocks(registry, [new BlockPool(IpPrefix.Parse(pool), 24)], _identity, () => InUse, _follower, _problems, NullLogger.Instance);
        registration = new NodeRegistration(
            store, registry, _follower, _identity, _leases,
            () => new NodeStatus(host, "test", DateTimeOffset.UnixEpoch, "ready", 1450, 0, 0, 0, null, []), () => { }, "test", NullLogger.Instance);
        Registration = registration;
        _follower.Start();
        registration.Start();
    }

    /// <summary>Blocks that pods run with.</summary>
    public ImmutableArray<IpPrefix> InUse { get; set; }

    public NodeRegistration Registration { get; }

    /// <summary>What pods get their addresses of.</summary>
    public string Served => _identity.Facts.Blocks.ToString();

    public string? Awaited => _leases.Awaited;

    public string? Problem => _problems.Get(LoopTopics.PodPool);

    public string? Held => _follower.Held;

    /// <summary>The blocks of its record; null when there is none.</summary>
    public async Task<string?> RecordedAsync() =>
        await _store.GetAsync(StoreKeys.Node(_host)) is { } entry ? string.Join(", ", RecordCodec.DecodeNode(entry).Blocks) : null;

    public async ValueTask DisposeAsync()
    {
        await Registration.DisposeAsync();
        await _follower.DisposeAsync();
    }

    private sealed class Underlay : IUnderlay
    {
        public IpAddr SourceTowards(IpAddr peer) => IpAddr.Unspecified;

        public IpAddr DefaultSource() => IpAddr.Unspecified;

        public IpAddr OtherFamilyOf(IpAddr address) => IpAddr.Unspecified;

        public int MtuOf(IpAddr address) => 1500;
    }
}
