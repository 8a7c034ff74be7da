using System.Collections.Immutable;
using Netdcli.Views;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;

namespace Netdcli.Access;

/// <summary>The cluster as netdcli uses it: read whole, post, accept a reset, forget a node.</summary>
/// <param name="store">The store; closed with this.</param>
internal sealed class Cluster(IStateStore store) : IAsyncDisposable
{
    private readonly ClusterRepository _repository = new(store, $"netdcli on {Environment.MachineName} (pid {Environment.ProcessId})");

    /// <summary>The store itself.</summary>
    public IStateStore Store => store;

    /// <summary>Reads what was posted and what the nodes say.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public async Task<ClusterView> LoadAsync(CancellationToken cancellationToken)
    {
        var loading = _repository.LoadNodesAsync(cancellationToken);
        var loaded = await _repository.LoadAsync(cancellationToken);
        var nodes = await loading;
        return new(loaded.State, loaded.Cluster, nodes.ToImmutableSortedDictionary(n => n.Node.Host, n => n, StringComparer.Ordinal));
    }

    /// <summary>Plans against the newest state and commits; plans again when somebody else posted meanwhile.</summary>
    /// <exception cref="StoreException">The store cannot be read or written.</exception>
    public async Task<PlanResult> PostAsync(Func<ClusterState, PlanResult> plan, CancellationToken cancellationToken) =>
        (await _repository.PostAsync(plan, cancellationToken)).Result;

    /// <summary>Raises the generation, so that nodes which hold back follow the store again.</summary>
    /// <exception cref="StoreException">The store cannot be read or written.</exception>
    public Task<ClusterRecord> AcceptResetAsync(CancellationToken cancellationToken) => _repository.AcceptResetAsync(cancellationToken);

    /// <summary>Forgets a node that is gone for good.</summary>
    /// <returns>What it had; null when nothing was known of it.</returns>
    /// <exception cref="StoreException">It is alive, or the store cannot be read or written.</exception>
    public Task<ForgottenNode?> ForgetNodeAsync(string host, CancellationToken cancellationToken) => new NodeRegistry(store).ForgetAsync(host, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();
}
