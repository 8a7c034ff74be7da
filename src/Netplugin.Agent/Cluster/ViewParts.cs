using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Cluster;

/// <summary>
/// How each followed prefix goes into the view. A value that cannot be read stays with its key: it is reported, what was read there before stays, and the rest goes on.
/// </summary>
/// <param name="me">This node's host label.</param>
/// <param name="unreadable">Told of each value that cannot be read, and with null when the key is fine (again).</param>
internal sealed class ViewParts(string me, Action<string, string?> unreadable)
{
    // Entries come in key order, so a listing of 100,000 in bites costs no more than at once, and no list of as many large elements.
    private const int EditsAtOnce = 512;

    private static readonly PackedDictionary<string, EndpointView> NoEndpoints = new(StringComparer.Ordinal);

    private static readonly string[] IntentParts = [StoreKeys.Post, StoreKeys.Hosts, StoreKeys.Networks, StoreKeys.Groups, StoreKeys.Policies];

    /// <summary>The view when the endpoints of a network are no longer followed.</summary>
    public static ClusterView Without(ClusterView view, NetworkId network) => view with
    {
        Endpoints = view.Endpoints.Remove(network),
        Revisions = view.Revisions with { Endpoints = view.Revisions.Endpoints.Remove(network) },
    };

    /// <summary>What a list of entries or changes makes of the view, and what has to be looked at again.</summary>
    /// <param name="view">The view before.</param>
    /// <param name="prefix">Where it happened.</param>
    /// <param name="happened">What happened.</param>
    /// <param name="post">With a list: the number of the last post, as it was read after the list.</param>
    public (ClusterView View, ClusterChange? Change) Apply(ClusterView view, FollowedPrefix prefix, StoreEvent happened, long post)
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
        return (next with { Revisions = RevisionsAfter(next.Revisions, prefix, revision, post) }, change);
    }

    private static ViewRevisions RevisionsAfter(ViewRevisions before, FollowedPrefix prefix, long revision, long post) => prefix.Kind switch
    {
        FollowedKind.Intent => before with { Intent = revision },
        FollowedKind.Endpoints => before with { Endpoints = before.Endpoints.SetItem(prefix.Network!.Value, revision), ListedPost = Math.Max(before.ListedPost, post) },
        _ => before,
    };

    private (ClusterView View, ClusterChange? Change) ApplyEntries(ClusterView view, FollowedPrefix prefix, StoreEvent happened) => prefix.Kind switch
    {
        FollowedKind.Intent => ApplyIntent(view, happened),
        FollowedKind.Nodes => ApplyNodes(view, prefix, happened),
        FollowedKind.Homes => ApplyHomes(view, prefix, happened),
        FollowedKind.Endpoints => ApplyEndpoints(view, prefix, happened),
        _ => throw new ArgumentOutOfRangeException(nameof(prefix), prefix.Kind, "not a followed prefix"),
    };

    private static (ClusterView, ClusterChange?) Topology(ClusterView view) => (view, new ClusterChange(true, [], false));

    private (ClusterView, ClusterChange?) ApplyIntent(ClusterView view, StoreEvent happened)
    {
        var isAll = happened is StoreEvent.Snapshot;
        var parts = ChangesOf(happened).ToLookup(change => IntentParts.FirstOrDefault(part => change.Key == part || (part.EndsWith('/') && change.Key.StartsWith(part, StringComparison.Ordinal))));
        foreach (var (key, entry, _) in parts[null])
        {
            unreadable(key, entry is null ? null : NotKnown(key));
        }

        var (unreadableGroups, unreadablePolicies) = (Begun(view.UnreadableGroups, isAll), Begun(view.UnreadablePolicies, isAll));
        ImmutableDictionary<TKey, TValue>? Part<TKey, TValue>(
            ImmutableDictionary<TKey, TValue>? before, string part, Func<StoreEntry, TValue> decode, KeyReader<TKey> keyOf, ImmutableDictionary<TKey, string>.Builder? unread = null)
            where TKey : notnull =>
            isAll || parts.Contains(part) ? Merge(before, isAll, parts[part], new(FollowedKind.Intent, part), decode, keyOf, unread) : before;

        var next = view with
        {
            Hosts = Part(view.Hosts, StoreKeys.Hosts, RecordCodec.DecodeHost, TryName),
            Networks = Part(view.Networks, StoreKeys.Networks, RecordCodec.DecodeNetwork, TryNetwork),
            Groups = Part(view.Groups, StoreKeys.Groups, RecordCodec.DecodeGroup, TryTenanted, unreadableGroups),
            Policies = Part(view.Policies, StoreKeys.Policies, RecordCodec.DecodePolicy, TryTenanted, unreadablePolicies),
            UnreadableGroups = unreadableGroups.ToImmutable(),
            UnreadablePolicies = unreadablePolicies.ToImmutable(),
            Post = isAll ? 0 : view.Post,

            // Which posts there were before a list is not known, so the networks that were listed before it are again.
            Revisions = happened is StoreEvent.Snapshot listed ? view.Revisions with { MovedIn = view.Endpoints.ToImmutableDictionary(network => network.Key, _ => listed.State.Revision) } : view.Revisions,
        };
        foreach (var (_, entry, _) in parts[StoreKeys.Post])
        {
            next = ApplyPost(next, entry, view.Post);
        }

        var isPost = next.Post != view.Post;
        var isTopology = isPost || next.Hosts != view.Hosts || next.Networks != view.Networks;
        var isPolicies = next.Groups != view.Groups || next.Policies != view.Policies
            || next.UnreadableGroups != view.UnreadableGroups || next.UnreadablePolicies != view.UnreadablePolicies || next.Revisions != view.Revisions;
        return (next, isTopology || isPolicies ? new ClusterChange(isTopology, [], isPost, Policies: isPolicies) : null);
    }

    private ClusterView ApplyPost(ClusterView view, StoreEntry? entry, long? before)
    {
        if (entry is null)
        {
            return view with { Post = 0 };
        }

        return TryDecode(entry, RecordCodec.DecodePost, out var post, out _)
            ? view with
            {
                Post = post.Number,
                Revisions = view.Revisions with
                {
                    MovedIn = view.Revisions.MovedIn.SetItems(post.Moved.Select(network => KeyValuePair.Create(network, entry.ModRevision))),
                },
            }
            : view with { Post = before };
    }

    private (ClusterView, ClusterChange?) ApplyNodes(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        var nodes = Merge(view.Nodes, happened is StoreEvent.Snapshot, ChangesOf(happened), prefix, RecordCodec.DecodeNode, TryName);
        return Topology(view with { Nodes = nodes });
    }

    private (ClusterView, ClusterChange?) ApplyHomes(ClusterView view, FollowedPrefix prefix, StoreEvent happened)
    {
        var homes = Merge(view.Homes, happened is StoreEvent.Snapshot, ChangesOf(happened), prefix, entry => System.Text.Encoding.UTF8.GetString(entry.Value.Span), TryEndpoint);
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

        EndpointView? Before(string container) => before is not null && before.TryGetValue(container, out var found) ? found : null;
        var isAll = happened is StoreEvent.Snapshot;
        var moved = view.Revisions.Moved;
        Dictionary<string, EndpointView?> heard = new(StringComparer.Ordinal);
        void Hear(string container, EndpointView? now, long revision)
        {
            // One after the other: what comes together may be of several transactions, and only some of them a post's.
            var was = heard.TryGetValue(container, out var known) ? known : Before(container);
            moved = IsMoved(was, now) ? revision : moved;
            heard[container] = now;
        }

        Collect<string, EndpointView>(
            ChangesOf(happened), prefix, entry => EndpointView.From(RecordCodec.DecodeEndpoint(entry), entry.ModRevision, me), TryName,
            (container, endpoint, revision) =>
            {
                Edit(new(container, endpoint));
                if (!isAll)
                {
                    Hear(container, endpoint, revision);
                }
            },
            (container, revision) =>
            {
                Edit(new(container));
                Hear(container, null, revision);
            },
            (container, _) =>
            {
                if (Before(container) is { } endpoint)
                {
                    Edit(new(container, endpoint));
                }
            });
        Finish();
        var next = view with { Endpoints = view.Endpoints.SetItem(network, after), Revisions = view.Revisions with { Moved = moved } };
        return (next, isAll
            ? new ClusterChange(true, [], false)
            : new ClusterChange(false, [.. heard.Keys.Select(container => new EndpointChange(new(network, container), Before(container)?.Address))], false));
    }

    // What nodes make for pods has its group from its beginning and goes with its pod, and no post has a part in it.
    private static bool IsMoved(EndpointView? before, EndpointView? after) =>
        before is { Namespace: "" } was && (after is not { } now || (now.Namespace.Length == 0 && (was.Group, was.Address, was.Post) != (now.Group, now.Address, now.Post)));

    private static string NotKnown(string key) => $"the key {key} is not one this netplugin knows";

    /// <summary>What a list of entries or changes begins with: a listing has everything anew.</summary>
    private static ImmutableDictionary<TKey, TValue>.Builder Begun<TKey, TValue>(ImmutableDictionary<TKey, TValue>? before, bool isAll)
        where TKey : notnull =>
        isAll || before is null ? ImmutableDictionary.CreateBuilder<TKey, TValue>() : before.ToBuilder();

    private ImmutableDictionary<TKey, TValue> Merge<TKey, TValue>(
        ImmutableDictionary<TKey, TValue>? before, bool isAll, IEnumerable<StoreChange> changes, FollowedPrefix prefix,
        Func<StoreEntry, TValue> decode, KeyReader<TKey> keyOf, ImmutableDictionary<TKey, string>.Builder? unreadable = null)
        where TKey : notnull
    {
        var result = Begun(before, isAll);
        Collect(
            changes, prefix, decode, keyOf,
            (id, value, _) =>
            {
                result[id] = value;
                unreadable?.Remove(id);
            },
            (id, _) =>
            {
                result.Remove(id);
                unreadable?.Remove(id);
            },
            (id, why) =>
            {
                if (before is not null && before.TryGetValue(id, out var known))
                {
                    result[id] = known;
                }

                unreadable?[id] = why;
            });
        return result.ToImmutable();
    }

    private void Collect<TKey, TValue>(
        IEnumerable<StoreChange> changes, FollowedPrefix prefix, Func<StoreEntry, TValue> decode, KeyReader<TKey> keyOf,
        Action<TKey, TValue, long> put, Action<TKey, long> remove, Action<TKey, string> keep)
    {
        foreach (var (key, entry, revision) in changes)
        {
            if (!keyOf(prefix, key, out var id))
            {
                unreadable(key, entry is null ? null : NotKnown(key));
            }
            else if (entry is null)
            {
                remove(id, revision);
                unreadable(key, null);
            }
            else if (TryDecode(entry, decode, out var value, out var why))
            {
                put(id, value, revision);
            }
            else
            {
                keep(id, why);
            }
        }
    }

    private bool TryDecode<TValue>(StoreEntry entry, Func<StoreEntry, TValue> decode, [MaybeNullWhen(false)] out TValue value, [NotNullWhen(false)] out string? why)
    {
        try
        {
            value = decode(entry);
            why = null;
            unreadable(entry.Key, null);
            return true;
        }
        catch (StoreException e) when (e.Reason == StoreFailure.Unreadable)
        {
            unreadable(entry.Key, e.Message);
            (value, why) = (default, e.Message);
            return false;
        }
    }

    private static IEnumerable<StoreChange> ChangesOf(StoreEvent happened) => happened switch
    {
        StoreEvent.Snapshot snapshot => snapshot.State.Entries.Select(entry => new StoreChange(entry.Key, entry, entry.ModRevision)),
        StoreEvent.Changed changed => changed.Changes,
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
    /// <summary>What posts say but for endpoints: the last one's number, hosts, networks, groups and policies.</summary>
    Intent,

    /// <summary>Nodes.</summary>
    Nodes,

    /// <summary>What is homed on this node.</summary>
    Homes,

    /// <summary>The endpoints of one network.</summary>
    Endpoints,
}
