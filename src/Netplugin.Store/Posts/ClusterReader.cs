using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Model;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>Makes the cluster's state of everything under <see cref="StoreKeys.Root"/> at one revision, by the readers' rules.</summary>
internal sealed class ClusterReader
{
    // In key order. Keys are ASCII, so the store's order by bytes is the ordinal one.
    private ImmutableArray<StoreEntry> _entries;
    private readonly ImmutableArray<string>.Builder _remains = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<(StoreEntry Entry, PostTailDocument Tail)>.Builder _unapplied =
        ImmutableArray.CreateBuilder<(StoreEntry Entry, PostTailDocument Tail)>();

    private ClusterReader(StoreSnapshot snapshot) => _entries = snapshot.Entries;

    public static LoadedCluster Read(StoreSnapshot snapshot) => new ClusterReader(snapshot).Read(snapshot.Revision);

    private LoadedCluster Read(long revision)
    {
        var cluster = Find(StoreKeys.Cluster) is { } clusterEntry ? RecordCodec.DecodeCluster(clusterEntry) : null;
        if (cluster?.SchemaProblem is { } problem)
        {
            throw new StoreException("load", StoreFailure.Unreadable, problem + ".");
        }

        var postEntry = Find(StoreKeys.Post);
        var post = postEntry is null ? new PostRecord(0) : RecordCodec.DecodePost(postEntry);
        ApplyTails(post);
        var networks = Under(StoreKeys.Networks, RecordCodec.DecodeNetwork, network => network.Id, network => network.Post <= post.Number);
        var (endpoints, revisions) = Endpoints(post, networks);
        Homes(endpoints);
        var state = new ClusterState(
            post,
            ImmutableSortedDictionary.CreateRange(
                StringComparer.Ordinal, Under(StoreKeys.Hosts).Select(RecordCodec.DecodeHost).Select(host => KeyValuePair.Create(host.Name, host))),
            ImmutableSortedDictionary.CreateRange(
                StringComparer.Ordinal, Under(StoreKeys.Tenants).Select(RecordCodec.DecodeTenant).Select(tenant => KeyValuePair.Create(tenant.Name, tenant))),
            networks,
            endpoints,
            Containers(endpoints),
            Under(StoreKeys.AllLeases, RecordCodec.DecodeLeases, leases => leases.Network, leases => networks.ContainsKey(leases.Network)))
        {
            // A group is with its network, and like it not there before its post is.
            Groups = Under(StoreKeys.Groups, RecordCodec.DecodeGroup, group => group.Name, group => group.Post <= post.Number && networks.ContainsKey(group.Id.Network)),
            Policies = Under(StoreKeys.Policies, RecordCodec.DecodePolicy, policy => policy.Name, policy => policy.Post <= post.Number),
        };
        return new(state, cluster, revision)
        {
            Poster = Find(StoreKeys.PostLock) is { } poster ? Encoding.UTF8.GetString(poster.Value.Span) : null,
            PostRevision = postEntry?.ModRevision ?? 0,
            LeaseRevision = Find(StoreKeys.LastLease)?.ModRevision ?? 0,
            EndpointRevisions = revisions,
            Remains = _remains.ToImmutable(),
            Unapplied = _unapplied.ToImmutable(),
        };
    }

    /// <summary>Index of the first entry whose key is not before <paramref name="key"/>.</summary>
    private int IndexOf(string key)
    {
        var (low, high) = (0, _entries.Length);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = string.CompareOrdinal(_entries[middle].Key, key) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private StoreEntry? Find(string key) => IndexOf(key) is var at && at < _entries.Length && _entries[at].Key == key ? _entries[at] : null;

    private IEnumerable<StoreEntry> Under(string prefix)
    {
        for (var at = IndexOf(prefix); at < _entries.Length && _entries[at].Key.StartsWith(prefix, StringComparison.Ordinal); at++)
        {
            yield return _entries[at];
        }
    }

    private void ApplyTails(PostRecord post)
    {
        foreach (var entry in Under(StoreKeys.PostTail))
        {
            var tail = RecordCodec.DecodePostTail(entry);
            if (tail.Post > post.Number)
            {
                _remains.Add(entry.Key);
            }
            else
            {
                _unapplied.Add((entry, tail));
            }
        }

        if (_unapplied.Count == 0)
        {
            return;
        }

        var entries = new SortedDictionary<string, StoreEntry>(StringComparer.Ordinal);
        foreach (var entry in _entries)
        {
            entries.Add(entry.Key, entry);
        }

        foreach (var operation in _unapplied.SelectMany(part => part.Tail.Operations))
        {
            var old = entries.GetValueOrDefault(operation.Key);
            if (TailOperations.Apply(operation, old) is { } value)
            {
                entries[operation.Key] = new(operation.Key, value, old?.CreateRevision ?? 0, old?.ModRevision ?? 0);
            }
            else
            {
                entries.Remove(operation.Key);
            }
        }

        _entries = [.. entries.Values];
    }

    private (ImmutableDictionary<EndpointId, EndpointRecord> Endpoints, Dictionary<EndpointId, long> Revisions) Endpoints(
        PostRecord post, ImmutableSortedDictionary<NetworkId, NetworkRecord> networks)
    {
        var endpoints = ImmutableDictionary.CreateBuilder<EndpointId, EndpointRecord>();
        var revisions = new Dictionary<EndpointId, long>();
        foreach (var entry in Under(StoreKeys.Endpoints))
        {
            var endpoint = RecordCodec.DecodeEndpoint(entry);
            if (endpoint.Post > post.Number || !networks.ContainsKey(endpoint.Id.Network))
            {
                _remains.Add(entry.Key);
            }
            else
            {
                endpoints.Add(endpoint.Id, endpoint);
                revisions.Add(endpoint.Id, entry.ModRevision);
            }
        }

        return (endpoints.ToImmutable(), revisions);
    }

    /// <summary>An index entry shows what can be seen of it: a broken post may have named networks that never came.</summary>
    private ImmutableDictionary<string, ContainerRecord> Containers(ImmutableDictionary<EndpointId, EndpointRecord> endpoints)
    {
        var containers = ImmutableDictionary.CreateBuilder<string, ContainerRecord>(StringComparer.Ordinal);
        foreach (var entry in Under(StoreKeys.Containers))
        {
            var container = RecordCodec.DecodeContainer(entry);
            var seen = container.Endpoints.RemoveAll(network => !endpoints.ContainsKey(new(network, container.Container)));
            if (seen.IsEmpty)
            {
                _remains.Add(entry.Key);
            }
            else
            {
                containers.Add(container.Container, container with { Endpoints = seen });
            }
        }

        return containers.ToImmutable();
    }

    /// <summary>The records of a subtree; of one that is not there (yet) only that it remained.</summary>
    private ImmutableSortedDictionary<TKey, TRecord> Under<TKey, TRecord>(
        string subtree, Func<StoreEntry, TRecord> decode, Func<TRecord, TKey> keyOf, Func<TRecord, bool> isThere)
        where TKey : notnull
    {
        var records = ImmutableSortedDictionary.CreateBuilder<TKey, TRecord>();
        foreach (var entry in Under(subtree))
        {
            var record = decode(entry);
            if (isThere(record))
            {
                records.Add(keyOf(record), record);
            }
            else
            {
                _remains.Add(entry.Key);
            }
        }

        return records.ToImmutable();
    }

    private void Homes(ImmutableDictionary<EndpointId, EndpointRecord> endpoints)
    {
        var known = endpoints.Values.Where(endpoint => endpoint.Host.Length > 0)
            .Select(endpoint => StoreKeys.Home(endpoint.Host, endpoint.Id)).ToHashSet(StringComparer.Ordinal);

        _remains.AddRange(Under(StoreKeys.Homes).Select(entry => entry.Key).Where(key => !known.Contains(key)));
    }
}
