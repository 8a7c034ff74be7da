using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Cluster;

/// <summary>
/// How each followed prefix goes into the view. A value that cannot be read stays with its key: it is reported and the rest goes on.
/// </summary>
/// <param name="me">This node's host label.</param>
/// <param name="unreadable">Told of each value that cannot be read, and with null when the key is fine (again).</param>
internal sealed class ViewParts(string me, Action<string, string?> unreadable)
{
    // Entries come in key order, so a listing of 100,000 in bites costs no more than at once, and no list of as many large elements.
    private const int EditsAtOnce = 512;

    private static readonly PackedDictionary<string, EndpointView> NoEndpoints = new(StringComparer.Ordinal);

    /// <summary>The view when the endpoints of a network are no longer followed.</summary>
    public static ClusterView Without(ClusterView view, NetworkId network) => view with
    {
        Endpoints = view.Endpoints.Remove(network),
        Revisions = view.Revisions with { Endpoints = view.Revisions.Endpoints.Remove(network) },
    };

    /// <summary>What a list of entries or changes makes of the view, and what has to be looked at again.</summary>
    public (ClusterView View, ClusterChange? Change) Apply(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        long revision;
        switch (happened)
        {
            case StoreEvent.Snapshot snapshot:
                revision = snapshot.State.Revision;
                break;
            case StoreEvent.Changed changed:
                revision = changed.Revision;
                break;
            default:
                // A lost connection tells nothing of the prefix. It may be the first that is heard of it, and nothing was listed then.
                return (view, null);
        }

        var (next, change) = ApplyEntries(view, prefix, happened);
        return (next with { Revisions = RevisionsAfter(view.Revisions, prefix, revision) }, change);
    }

    private static ViewRevisions RevisionsAfter(ViewRevisions before, FollowedPrefix prefix, long revision) => prefix.Kind switch
    {
        FollowedKind.Post => before with { Post = revision },
        FollowedKind.Networks => before with { Networks = revision },
        FollowedKind.Endpoints => before with { Endpoints = before.Endpoints.SetItem(prefix.Network!.Value, revision) },
        _ => before,
    };

    private (ClusterView View, ClusterChange? Change) ApplyEntries(ClusterView view, FollowedPrefix prefix, StoreEvent happened) => prefix.Kind switch
    {
        FollowedKind.Post => ApplyPost(view, happened),
        FollowedKind.Hosts => Topology(view with { Hosts = Merge(view.Hosts, happened, prefix, RecordCodec.DecodeHost, TryName) }),
        FollowedKind.Nodes => ApplyNodes(view, prefix, happened),
        FollowedKind.Networks => Topology(view with { Networks = Merge(view.Networks, happened, prefix, RecordCodec.DecodeNetwork, TryNetwork) }),
        FollowedKind.Homes => ApplyHomes(view, prefix, happened),
        FollowedKind.Groups => (view with { Groups = Merge(view.Groups, happened, prefix, RecordCodec.DecodeGroup, TryTenanted) }, ClusterChange.OfPolicies),
        FollowedKind.Policies => (view with { Policies = Merge(view.Policies, happened, prefix, RecordCodec.DecodePolicy, TryTenanted) }, ClusterChange.OfPolicies),
        FollowedKind.Endpoints => ApplyEndpoints(view, prefix, happened),
        _ => throw new ArgumentOutOfRangeException(nameof(prefix), prefix.Kind, "not a followed prefix"),
    };

    private static (ClusterView, ClusterChange?) Topology(ClusterView view) => (view, new ClusterChange(true, [], false));

    private (ClusterView, ClusterChange?) ApplyPost(ClusterView view, StoreEvent happened)
    {
        var post = view.Post;
        foreach (var (key, entry) in ChangesOf(happened))
        {
            // The prefix also holds the lock of a post that is under way.
            if (key == StoreKeys.Post)
            {
                post = entry is null ? 0 : TryDecode(entry, RecordCodec.DecodePost, out var read) ? read.Number : post;
            }
        }

        if (happened is StoreEvent.Snapshot { State.Entries: var entries } && !entries.Any(e => e.Key == StoreKeys.Post))
        {
            post = 0;
        }

        return post == view.Post ? (view, null) : (view with { Post = post }, new ClusterChange(true, [], true));
    }

    private (ClusterView, ClusterChange?) ApplyNodes(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        var nodes = Merge(view.Nodes, happened, prefix, RecordCodec.DecodeNode, TryName);
        return Topology(view with { Nodes = nodes });
    }

    private (ClusterView, ClusterChange?) ApplyHomes(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        var homes = Merge(view.Homes, happened, prefix, entry => System.Text.Encoding.UTF8.GetString(entry.Value.Span), TryEndpoint);
        return (view with { Homes = homes }, new ClusterChange(true, [], true));
    }

    private (ClusterView, ClusterChange?) ApplyEndpoints(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        var network = prefix.Network ?? throw new ArgumentException("a prefix of endpoints names its network", nameof(prefix));
        view.Endpoints.TryGetValue(network, out var before);
        var after = happened is StoreEvent.Snapshot || before is null ? NoEndpoints : before;
        var edits = new List<DictionaryEdit<string, EndpointView>>();
        void Edit(DictionaryEdit<string, EndpointView> edit)
        {
            edits.Add(edit);
            if (edits.Count == EditsAtOnce)
            {
                Finish();
            }
        }

        void Finish()
        {
            after = after.With(edits);
            edits.Clear();
        }

        Collect<string, EndpointView>(
            happened, prefix, entry => EndpointView.From(RecordCodec.DecodeEndpoint(entry), entry.ModRevision, me), TryName,
            (container, endpoint) => Edit(new(container, endpoint)), container => Edit(new(container)));
        Finish();
        var next = view with { Endpoints = view.Endpoints.SetItem(network, after) };
        if (happened is not StoreEvent.Changed changed)
        {
            return (next, new ClusterChange(true, [], false));
        }

        var ids = changed.Changes
            .Select(change => TryName(prefix, change.Key, out var container) ? container : null)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Select(container => new EndpointChange(
                new EndpointId(network, container), before is not null && before.TryGetValue(container, out var endpoint) ? endpoint.Address : null));
        return (next, new ClusterChange(false, [.. ids], false));
    }

    private ImmutableDictionary<TKey, TValue> Merge<TKey, TValue>(
        ImmutableDictionary<TKey, TValue>? before, StoreEvent happened, FollowedPrefix prefix,
        Func<StoreEntry, TValue> decode, KeyReader<TKey> keyOf)
        where TKey : notnull
    {
        var result = happened is StoreEvent.Snapshot || before is null
            ? ImmutableDictionary.CreateBuilder<TKey, TValue>()
            : before.ToBuilder();
        Collect(happened, prefix, decode, keyOf, (id, value) => result[id] = value, id => result.Remove(id));
        return result.ToImmutable();
    }

    private void Collect<TKey, TValue>(
        StoreEvent happened, FollowedPrefix prefix, Func<StoreEntry, TValue> decode, KeyReader<TKey> keyOf, Action<TKey, TValue> put, Action<TKey> remove)
    {
        foreach (var (key, entry) in ChangesOf(happened))
        {
            if (!keyOf(prefix, key, out var id))
            {
                unreadable(key, $"the key {key} is not one this netplugin knows");
            }
            else if (entry is null)
            {
                remove(id);
                unreadable(key, null);
            }
            else if (TryDecode(entry, decode, out var value))
            {
                put(id, value);
            }
        }
    }

    private bool TryDecode<TValue>(StoreEntry entry, Func<StoreEntry, TValue> decode, [MaybeNullWhen(false)] out TValue value)
    {
        try
        {
            value = decode(entry);
            unreadable(entry.Key, null);
            return true;
        }
        catch (StoreException e) when (e.Reason == StoreFailure.Unreadable)
        {
            unreadable(entry.Key, e.Message);
            value = default;
            return false;
        }
    }

    private static IEnumerable<(string Key, StoreEntry? Entry)> ChangesOf(StoreEvent happened) => happened switch
    {
        StoreEvent.Snapshot snapshot => snapshot.State.Entries.Select(e => (e.Key, (StoreEntry?)e)),
        StoreEvent.Changed changed => changed.Changes.Select(c => (c.Key, c.Entry)),
        _ => [],
    };

    private static bool TryName(FollowedPrefix prefix, string key, out string name)
    {
        var rest = key[prefix.Prefix.Length..];
        name = StoreKeys.Unescape(rest);
        return rest.Length > 0 && !rest.Contains('/', StringComparison.Ordinal);
    }

    private static bool TryNetwork(FollowedPrefix prefix, string key, out NetworkId id)
    {
        var isOne = TryTenanted(prefix, key, out var name);
        id = new(name.Tenant, name.Name);
        return isOne;
    }

    private static bool TryTenanted(FollowedPrefix prefix, string key, out TenantedName id)
    {
        if (key[prefix.Prefix.Length..].Split('/') is [{ Length: > 0 } tenant, { Length: > 0 } name])
        {
            id = new(StoreKeys.Unescape(tenant), StoreKeys.Unescape(name));
            return true;
        }

        id = default;
        return false;
    }

    private static bool TryEndpoint(FollowedPrefix prefix, string key, out EndpointId id)
    {
        if (key[prefix.Prefix.Length..].Split('/') is [{ Length: > 0 } tenant, { Length: > 0 } network, { Length: > 0 } container])
        {
            id = new(new(StoreKeys.Unescape(tenant), StoreKeys.Unescape(network)), StoreKeys.Unescape(container));
            return true;
        }

        id = default;
        return false;
    }

    private delegate bool KeyReader<TKey>(FollowedPrefix prefix, string key, out TKey id);
}

/// <summary>A prefix the node follows.</summary>
/// <param name="Kind">What is there.</param>
/// <param name="Prefix">The prefix.</param>
/// <param name="Network">The network whose endpoints these are.</param>
internal readonly record struct FollowedPrefix(FollowedKind Kind, string Prefix, NetworkId? Network = null);

/// <summary>What a followed prefix holds.</summary>
internal enum FollowedKind
{
    /// <summary>The number of the last post.</summary>
    Post,

    /// <summary>Hosts.</summary>
    Hosts,

    /// <summary>Nodes.</summary>
    Nodes,

    /// <summary>Networks.</summary>
    Networks,

    /// <summary>What is homed on this node.</summary>
    Homes,

    /// <summary>Endpoint groups.</summary>
    Groups,

    /// <summary>The intent's policies.</summary>
    Policies,

    /// <summary>The endpoints of one network.</summary>
    Endpoints,
}
