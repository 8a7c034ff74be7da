using System.Collections.Immutable;
using Netplugin.Agent.Loop;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;

namespace Netplugin.Agent.Kubernetes;

/// <summary>The custom resources of one kind as they are now.</summary>
/// <typeparam name="T">What a resource is.</typeparam>
/// <param name="client">The API server.</param>
/// <param name="kind">The kind.</param>
/// <param name="kindName">What it is called.</param>
/// <param name="changed">Told when they say something else.</param>
/// <param name="problems">Told what an operator should know.</param>
internal sealed class FollowedResources<T>(KubernetesClient client, Resource<T> kind, string kindName, Action changed, ProblemBoard problems)
    where T : CustomResource
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, T> _known = new(StringComparer.Ordinal);
    private bool _isListed;
    private long _lostAt;

    /// <summary>The kind, e.g. <c>Network</c>.</summary>
    public string KindName => kindName;

    /// <summary>The kind, to ask the API server for.</summary>
    public Resource<T> Kind => kind;

    /// <summary>All there are; null until they were listed, for before nothing may be concluded from what is missing.</summary>
    public ImmutableArray<T>? All
    {
        get
        {
            lock (_gate)
            {
                return _isListed ? [.. _known.Values] : null;
            }
        }
    }

    /// <summary>For how long they cannot be followed; null: they can.</summary>
    public TimeSpan? LostFor => Interlocked.Read(ref _lostAt) is var at and not 0 ? TimeProvider.System.GetElapsedTime(at) : null;

    /// <summary>Follows them until it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var topic = $"{ResourcePoster.Topics}follow/{kindName}";
        await foreach (var happened in client.FollowAsync(kind, cancellationToken: cancellationToken))
        {
            switch (happened)
            {
                case ResourceEvent<T>.Snapshot(var objects):
                    Know(objects);
                    break;
                case ResourceEvent<T>.Changed(var changes):
                    Know(changes);
                    break;
                case ResourceEvent<T>.Disconnected(var reason):
                    Interlocked.CompareExchange(ref _lostAt, TimeProvider.System.GetTimestamp(), 0);
                    problems.Set(topic, $"the {kindName} resources of Kubernetes cannot be followed, so that changes of them are not posted: {reason}");

                    // It may be that there are none any more.
                    changed();
                    continue;
                default:
                    break;
            }

            Interlocked.Exchange(ref _lostAt, 0);
            problems.Set(topic, null);
        }
    }

    /// <summary>Keeps what was written to a resource: hearing of it is then nothing new.</summary>
    public void Told(ResourceMetadata of, ResourceStatus status, DateTimeOffset since)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(of.Name, out var known) && known.Metadata.Uid == of.Uid)
            {
                _known[of.Name] = (T)(known with { Status = status, Since = since });
            }
        }
    }

    private static bool SaysTheSame(T? left, T? right) => left == right || (left is not null && right is not null
        && left.Metadata.Uid == right.Metadata.Uid && left.Metadata.Generation == right.Metadata.Generation
        && left.Metadata.IsDeleting == right.Metadata.IsDeleting && left.Metadata.IsHeld == right.Metadata.IsHeld && left.Status == right.Status);

    private void Know(ImmutableArray<ResourceEntry<T>> all)
    {
        lock (_gate)
        {
            _isListed = true;
            _known.Clear();
            foreach (var (name, resource) in all)
            {
                _known[name.Name] = resource;
            }
        }

        changed();
    }

    private void Know(ImmutableArray<ResourceChange<T>> changes)
    {
        var isNew = false;
        lock (_gate)
        {
            foreach (var (name, resource) in changes)
            {
                isNew |= !SaysTheSame(_known.GetValueOrDefault(name.Name), resource);
                if (resource is null)
                {
                    _known.Remove(name.Name);
                }
                else
                {
                    _known[name.Name] = resource;
                }
            }
        }

        if (isNew)
        {
            changed();
        }
    }
}
