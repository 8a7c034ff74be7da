using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Kubernetes;
using Netplugin.Store;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Posts the cluster's Tenant and Network resources, where this node is the one that does (<see cref="PosterLease"/>) and the resources are known to the
/// API server. A poster that cannot reach the API server lets another node try.
/// </summary>
internal sealed class ResourcePoster : IAsyncDisposable
{
    /// <summary>What the topics of its problems begin with.</summary>
    public const string Topics = "resources/";

    // How often the API server is asked whether the resources are known by now.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    // How long the API server may be away before another node is let try, and how long that is left to the others.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StandBack = TimeSpan.FromSeconds(5);

    private readonly KubernetesClient _client;
    private readonly string _host;
    private readonly IStateStore _store;
    private readonly Func<CancellationToken, Task<bool>> _mayWrite;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;
    private bool _isPoster;

    /// <summary>Makes the poster; <see cref="Start"/> begins.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="host">This node's label.</param>
    /// <param name="store">Where posts go.</param>
    /// <param name="mayWrite">False: the store is not to be written to, because it is another one or was just accepted.</param>
    /// <param name="problems">Told what an operator should know.</param>
    /// <param name="log">The log.</param>
    public ResourcePoster(
        KubernetesClient client, string host, IStateStore store, Func<CancellationToken, Task<bool>> mayWrite, ProblemBoard problems, ILogger log) =>
        (_client, _host, _store, _mayWrite, _problems, _log) = (client, host, store, mayWrite, problems, log);

    /// <summary>True while this node is the one, whether the resources are known or not.</summary>
    public bool IsPoster => Volatile.Read(ref _isPoster);

    /// <summary>Begins.</summary>
    public void Start() => _worker = Task.Run(RunAsync);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await using var lease = await PosterLease.TakeAsync(_store, _host, _mayWrite, _stop.Token);
                KubernetesLog.PostsResources(_log);
                Volatile.Write(ref _isPoster, true);
                await PostAsync(lease.Lost);
                KubernetesLog.PostsResourcesNoMore(_log, "the API server cannot be reached from here");
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                KubernetesLog.PostsResourcesNoMore(_log, "its lease ended while the store was away");
            }
            catch (StoreException e)
            {
                KubernetesLog.PostFailed(_log, e.Message);
            }

            Volatile.Write(ref _isPoster, false);
            _problems.KeepOnly(Topics, new HashSet<string>());
            await Task.Delay(StandBack, _stop.Token);
        }
    }

    // Ends when the API server was away for too long.
    private async Task PostAsync(CancellationToken lost)
    {
        // Ends everything that this node does as the poster.
        using var held = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, lost);
        var reached = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(reached) < Patience)
        {
            try
            {
                var isKnown = await ResourceRounds.AreKnownAsync(_client, held.Token);
                reached = TimeProvider.System.GetTimestamp();
                if (isKnown)
                {
                    await using var rounds = new ResourceRounds(_client, _host, _store, _mayWrite, _problems, _log);
                    if (!await rounds.RunAsync(Patience, held.Token))
                    {
                        return;
                    }
                }
            }
            catch (KubernetesException e)
            {
                KubernetesLog.PostFailed(_log, e.Message);
            }

            _problems.KeepOnly(Topics, new HashSet<string>());
            await Task.Delay(LookAgain, held.Token);
        }
    }
}
