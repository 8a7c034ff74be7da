using System.Collections.Immutable;

namespace Netplugin.Store;

/// <summary>
/// The shared state: a flat, ordered key space with a revision that grows by every change, compare-and-swap
/// transactions, watches from a revision, and leases. Two drivers: etcd, and an embedded one for a single host.
/// Both pass the same contract tests. Keys are text with <c>/</c> between segments (<see cref="StoreKeys"/> makes them).
/// </summary>
/// <remarks>
/// Every member throws <see cref="StoreException"/> for what went wrong on the way; its <see cref="StoreException.IsTransient"/>
/// says whether trying again can help. A compare that does not hold is a result, not an exception.
/// </remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>How many operations, and how many compares, one transaction may hold; <see cref="int.MaxValue"/> when unlimited.</summary>
    int MaxOperations { get; }

    /// <summary>Reads one key; null when it does not exist.</summary>
    Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Reads several keys at one revision, in the order asked; null where a key does not exist.</summary>
    Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default);

    /// <summary>Reads every key that starts with <paramref name="prefix"/>, all at one revision, in key order, paged inside.</summary>
    Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>
    /// Carries out <paramref name="transaction"/> whole if all its compares hold, else nothing.
    /// After an exception with <see cref="StoreException.OutcomeUnknown"/> it may have been carried out.
    /// </summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxOperations"/>, or one key written twice.</exception>
    Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default);

    /// <summary>
    /// Follows a prefix for ever: first a <see cref="StoreEvent.Snapshot"/>, then <see cref="StoreEvent.Changed"/> in revision
    /// order without a gap. After compaction or a store that came back at an older revision a new snapshot comes instead;
    /// a lost connection is retried inside (reported as <see cref="StoreEvent.Disconnected"/> once per loss; whatever comes next,
    /// a <see cref="StoreEvent.Changed"/> without changes if need be, says that it is back). Ends only by cancellation; a store
    /// that refuses the credentials counts as lost. A reader that is slow costs no memory: it resumes from where it is.
    /// </summary>
    IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Grants a lease and keeps it alive until disposed (then revoked). Keys put with it vanish when it ends.</summary>
    Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default);
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The whole key.</param>
/// <param name="Value">The value, UTF-8 JSON by convention.</param>
/// <param name="CreateRevision">Revision at which the key was created.</param>
/// <param name="ModRevision">Revision of its last change.</param>
public sealed record StoreEntry(string Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision);

/// <summary>A prefix at one revision.</summary>
/// <param name="Revision">The store's revision that <paramref name="Entries"/> is the state of.</param>
/// <param name="Entries">In key order.</param>
public sealed record StoreSnapshot(long Revision, ImmutableArray<StoreEntry> Entries);

/// <summary>All compares hold: all operations, in one revision. Else none.</summary>
/// <param name="Compares">What must hold.</param>
/// <param name="Operations">What is then done; a key at most once.</param>
public sealed record StoreTransaction(ImmutableArray<StoreCompare> Compares, ImmutableArray<StoreOperation> Operations);

/// <summary>A condition on one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Target">What of the key.</param>
/// <param name="Revision">What a revision must equal; 0 = the key must not exist.</param>
/// <param name="Value">What the value must equal, when that is compared; a key that does not exist has none.</param>
public readonly record struct StoreCompare(string Key, CompareTarget Target, long Revision, ReadOnlyMemory<byte> Value = default)
{
    /// <summary>The key must not exist.</summary>
    public static StoreCompare Missing(string key) => new(key, CompareTarget.CreateRevision, 0);

    /// <summary>The key must be as read: last changed at <paramref name="modRevision"/>.</summary>
    public static StoreCompare Unchanged(string key, long modRevision) => new(key, CompareTarget.ModRevision, modRevision);

    /// <summary>The key must exist and hold exactly these bytes, whoever wrote them and when.</summary>
    public static StoreCompare Holds(string key, ReadOnlyMemory<byte> value) => new(key, CompareTarget.Value, 0, value);
}

/// <summary>What of a key a <see cref="StoreCompare"/> looks at.</summary>
public enum CompareTarget
{
    /// <summary>When it was created; 0 for a key that does not exist.</summary>
    CreateRevision,

    /// <summary>When it last changed; 0 for a key that does not exist.</summary>
    ModRevision,

    /// <summary>Its value.</summary>
    Value,
}

/// <summary>One write.</summary>
public abstract record StoreOperation
{
    private StoreOperation(string key) => Key = key;

    /// <summary>The key written.</summary>
    public string Key { get; }

    /// <summary>Sets a key.</summary>
    /// <param name="Key">The key.</param>
    /// <param name="Value">The value.</param>
    /// <param name="Lease">The lease it lives by; null = for ever.</param>
    public sealed record Put(string Key, ReadOnlyMemory<byte> Value, IStoreLease? Lease = null) : StoreOperation(Key);

    /// <summary>Removes a key; nothing happens when it is not there.</summary>
    /// <param name="Key">The key.</param>
    public sealed record Delete(string Key) : StoreOperation(Key);
}

/// <summary>How a transaction ended.</summary>
/// <param name="Succeeded">False: a compare did not hold and nothing was written.</param>
/// <param name="Revision">The store's revision after it.</param>
public readonly record struct TransactionResult(bool Succeeded, long Revision);

/// <summary>What following a prefix yields.</summary>
public abstract record StoreEvent
{
    private StoreEvent()
    {
    }

    /// <summary>The whole prefix; what was known before is void.</summary>
    /// <param name="State">The entries and their revision.</param>
    public sealed record Snapshot(StoreSnapshot State) : StoreEvent;

    /// <summary>All changes of one or more consecutive revisions.</summary>
    /// <param name="Revision">The last of those revisions.</param>
    /// <param name="Changes">In revision order.</param>
    public sealed record Changed(long Revision, ImmutableArray<StoreChange> Changes) : StoreEvent;

    /// <summary>The store cannot be reached; what is known stays valid and following goes on by itself.</summary>
    /// <param name="Reason">Why, for the operator.</param>
    public sealed record Disconnected(string Reason) : StoreEvent;
}

/// <summary>One key's change.</summary>
/// <param name="Key">The key.</param>
/// <param name="Entry">The new entry; null when the key was removed.</param>
/// <param name="Revision">When: an event may have several revisions.</param>
public readonly record struct StoreChange(string Key, StoreEntry? Entry, long Revision);

/// <summary>A lease kept alive in the background.</summary>
public interface IStoreLease : IAsyncDisposable
{
    /// <summary>The lease's id, for the driver's own use.</summary>
    long Id { get; }

    /// <summary>Cancelled when the lease was lost (expired while the store was away): its keys are gone.</summary>
    CancellationToken Lost { get; }
}
