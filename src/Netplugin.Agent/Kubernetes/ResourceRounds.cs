using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Core.Model;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Store;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Posts the resources as they are, and says of each what became of it: in one round after the other, whenever a resource or the cluster's records are
/// others. Each round begins with what is there, so that it does not matter what was missed or broke off.
/// </summary>
internal sealed class ResourceRounds : IAsyncDisposable
{
    // Many resources come at once, and a round reads everything that is posted.
    private static readonly TimeSpan MinimumGap = TimeSpan.FromMilliseconds(200);

    // How often a network that is to be removed is looked at.
    private static readonly TimeSpan LookAtUse = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(30);

    private readonly KubernetesClient _client;
    private readonly IStateStore _store;
    private readonly ClusterRepository _repository;
    private readonly Func<CancellationToken, Task<bool>> _mayWrite;
    private readonly ProblemBoard _problems;
    private readonly ILogger _log;
    private readonly FollowedResources<TenantResource> _tenants;
    private readonly FollowedResources<NetworkResource> _networks;
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _end = new();
    private Task _followers = Task.CompletedTask;
    private ImmutableArray<NetworkId> _awaited = [];
    private string _use = "";
    private long _posted;

    public ResourceRounds(
        KubernetesClient client, string host, IStateStore store, Func<CancellationToken, Task<bool>> mayWrite, ProblemBoard problems, ILogger log)
    {
        (_client, _store, _mayWrite, _problems, _log) = (client, store, mayWrite, problems, log);
        _repository = new(store, $"the Tenant and Network resources, by netplugin on {host}");
        _tenants = new(client, Resource.Tenants, "Tenant", Signal, problems);
        _networks = new(client, Resource.Networks, "Network", Signal, problems);
    }

    private static string WriteTopic => $"{ResourcePoster.Topics}write";

    private static string LeftTopic => $"{ResourcePoster.Topics}left/";

    /// <summary>Whether the API server knows both kinds of resource.</summary>
    /// <exception cref="KubernetesException">It cannot be asked.</exception>
    public static async Task<bool> AreKnownAsync(KubernetesClient client, CancellationToken cancellationToken) =>
        await client.HasAsync(Resource.Tenants, cancellationToken) && await client.HasAsync(Resource.Networks, cancellationToken);

    /// <summary>Posts for as long as the server can be reached and knows the resources.</summary>
    /// <returns>False: it could not be reached for as long as <paramref name="patience"/>; true: it knows the resources no more.</returns>
    public async Task<bool> RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _followers = FollowAllAsync();
        var (retry, failed) = (FirstRetry, false);
        while (true)
        {
            var lost = _tenants.LostFor ?? _networks.LostFor;
            var isDue = await _due.WaitAsync(failed ? retry : lost is not null || !_awaited.IsEmpty ? LookAtUse : Timeout.InfiniteTimeSpan, cancellationToken);
            lost = _tenants.LostFor ?? _networks.LostFor;
            if (lost is not null && await MustEndAsync(lost > patience, cancellationToken) is { } end)
            {
                return end;
            }

            if (_tenants.All is not { } tenants || _networks.All is not { } networks || (!isDue && !failed && !await IsUseAnotherAsync(cancellationToken)))
            {
                continue;
            }

            failed = !await TryRoundAsync(tenants, networks, cancellationToken);
            retry = !failed ? FirstRetry : retry * 2 < LastRetry ? retry * 2 : LastRetry;
            await Task.Delay(MinimumGap, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _followers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        _due.Dispose();
    }

    private Task FollowAllAsync() => Task.WhenAll(
        Task.Run(() => _tenants.FollowAsync(_end.Token)), Task.Run(() => _networks.FollowAsync(_end.Token)), Task.Run(() => FollowPostsAsync(_end.Token)));

    /// <summary>What <see cref="RunAsync"/> returns now that a kind cannot be followed; null: it goes on.</summary>
    private async Task<bool?> MustEndAsync(bool isTooLong, CancellationToken cancellationToken)
    {
        try
        {
            // Where it answers, the trouble is one that other nodes would have too, such as a right that is missing.
            return await AreKnownAsync(_client, cancellationToken) ? null : true;
        }
        catch (KubernetesException)
        {
            // The problem was told when it could not be followed.
            return isTooLong ? false : null;
        }
    }

    private void Signal()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
            {
                _due.Release();
            }
        }
    }

    // What operators post may be what a resource waits for, or take away what it posted upon.
    private async Task FollowPostsAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in _store.FollowAsync(StoreKeys.Post, cancellationToken))
        {
            if (happened is StoreEvent.Snapshot
                || (happened is StoreEvent.Changed changed && changed.Revision > Interlocked.Read(ref _posted) && changed.Changes.Any(change => change.Key == StoreKeys.Post)))
            {
                Signal();
            }
        }
    }

    /// <summary>Whether other endpoints are in the networks that wait for theirs to go, or they are bound otherwise, than when this was last asked.</summary>
    private async Task<bool> IsUseAnotherAsync(CancellationToken cancellationToken)
    {
        if (_awaited.IsEmpty)
        {
            return false;
        }

        try
        {
            var use = "";
            foreach (var network in _awaited)
            {
                var endpoints = await _store.ListAsync(StoreKeys.EndpointsOf(network), cancellationToken);
                use += string.Join(' ', endpoints.Entries.Select(entry => entry.ModRevision)) + '\n';
            }

            (use, _use) = (_use, use);
            return use != _use;
        }
        catch (StoreException e)
        {
            KubernetesLog.PostFailed(_log, e.Message);
            return false;
        }
    }

    /// <summary>One round; false: it is to be tried again.</summary>
    private async Task<bool> TryRoundAsync(ImmutableArray<TenantResource> tenants, ImmutableArray<NetworkResource> networks, CancellationToken cancellationToken)
    {
        try
        {
            return await RoundAsync(tenants, networks, cancellationToken);
        }
        catch (KubernetesException e)
        {
            KubernetesLog.PostFailed(_log, e.Message);
            _problems.Set(WriteTopic, $"what became of the Tenant and Network resources of Kubernetes cannot be written to them: {e.Message}");
            return false;
        }
    }

    private async Task<bool> RoundAsync(ImmutableArray<TenantResource> tenants, ImmutableArray<NetworkResource> networks, CancellationToken cancellationToken)
    {
        ResourcePlan? plan = null;
        try
        {
            if (!await _mayWrite(cancellationToken))
            {
                throw new StoreException("post", StoreFailure.Refused, "the store is held back on this node; netdcli status says why");
            }

            var outcome = await _repository.PostAsync(state => (plan = ResourcePlanner.Plan(state, tenants, networks)).Post, cancellationToken);
            Interlocked.Exchange(ref _posted, outcome.Revision ?? 0);
        }
        catch (StoreException e)
        {
            KubernetesLog.PostFailed(_log, e.Message);
            await TellAwayAsync(_tenants, tenants, e, cancellationToken);
            await TellAwayAsync(_networks, networks, e, cancellationToken);
            return false;
        }

        _awaited = plan!.Awaited;
        Report(plan.Problems);
        var isDone = await TellAsync(_tenants, tenants, plan.Tenants, cancellationToken);
        isDone &= await TellAsync(_networks, networks, plan.Networks, cancellationToken);
        _problems.Set(WriteTopic, null);
        return isDone;
    }

    private void Report(ImmutableArray<string> problems)
    {
        var topics = new HashSet<string>(StringComparer.Ordinal);
        foreach (var problem in problems)
        {
            var topic = $"{LeftTopic}{topics.Count}";
            topics.Add(topic);
            if (_problems.Set(topic, problem))
            {
                KubernetesLog.Problem(_log, problem);
            }
        }

        _problems.KeepOnly(LeftTopic, topics);
    }

    /// <summary>Does what is to be done about each resource; false: one was changed meanwhile by somebody else.</summary>
    private async Task<bool> TellAsync<T>(
        FollowedResources<T> followed, ImmutableArray<T> resources, ImmutableSortedDictionary<string, ResourceVerdict> verdicts, CancellationToken cancellationToken)
        where T : CustomResource
    {
        var isDone = true;
        foreach (var resource in resources)
        {
            var verdict = verdicts[resource.Metadata.Name];
            if (verdict.Status is { } status)
            {
                await WriteAsync(followed, resource, status, cancellationToken);
            }
            else if (resource.Metadata.IsHeld != (verdict.Step == ResourceStep.Hold))
            {
                isDone &= await _client.HoldAsync(followed.Kind, resource.Metadata, isHeld: verdict.Step == ResourceStep.Hold, cancellationToken);
            }
        }

        return isDone;
    }

    /// <summary>Says of what is not posted as it is now that the store is away. What is posted stays so.</summary>
    private async Task TellAwayAsync<T>(FollowedResources<T> followed, ImmutableArray<T> resources, StoreException e, CancellationToken cancellationToken)
        where T : CustomResource
    {
        foreach (var resource in resources)
        {
            var (generation, before) = (resource.Metadata.Generation, resource.Status);
            if (before is null || before.ObservedGeneration != generation || (resource.Metadata.IsDeleting && before.Reason != ResourceReasons.InUse))
            {
                var away = new ResourceStatus(generation, false, ResourceReasons.StoreUnavailable, $"it waits for the store: {e.Message}")
                {
                    Vni = before?.Vni,
                    Vlan = before?.Vlan,
                    Subnet = before?.Subnet,
                    Gateway = before?.Gateway,
                };
                await WriteAsync(followed, resource, away, cancellationToken);
            }
        }
    }

    private async Task WriteAsync<T>(FollowedResources<T> followed, T resource, ResourceStatus status, CancellationToken cancellationToken)
        where T : CustomResource
    {
        if (resource.Status == status)
        {
            return;
        }

        // The API server's own times are of whole seconds.
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var since = resource.Status?.IsReady == status.IsReady ? resource.Since ?? now : now;
        if (await _client.WriteStatusAsync(followed.Kind, resource.Metadata, status, since, cancellationToken))
        {
            followed.Told(resource.Metadata, status, since);
            KubernetesLog.ResourceTold(_log, followed.KindName, resource.Metadata.Name, status.Reason, status.Message);
        }
    }
}
