using Netplugin.Store;

namespace Netplugin.NodeApi.Messages;

/// <summary>A <see cref="StoreCompare"/> on the wire.</summary>
/// <param name="Key">The key.</param>
/// <param name="Created">True: the revision of creation; false: of the last change.</param>
/// <param name="Revision">What it must equal; 0 = missing.</param>
/// <param name="Value">Not null: the value must equal this, and no revision is compared.</param>
public sealed record CompareMessage(string Key, bool Created, long Revision, byte[]? Value = null)
{
    /// <summary>From the store's own type.</summary>
    public static CompareMessage From(StoreCompare compare) => new(
        compare.Key, compare.Target == CompareTarget.CreateRevision, compare.Revision, compare.Target == CompareTarget.Value ? compare.Value.ToArray() : null);

    /// <summary>To the store's own type.</summary>
    public StoreCompare ToCompare() => Value is not null
        ? StoreCompare.Holds(Key, Value)
        : new(Key, Created ? CompareTarget.CreateRevision : CompareTarget.ModRevision, Revision);
}

/// <summary>A <see cref="StoreOperation"/> on the wire.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value; null removes the key.</param>
/// <param name="Lease">Id of the lease it lives by; 0 = for ever.</param>
public sealed record WriteMessage(string Key, byte[]? Value, long Lease = 0);

/// <summary>A <see cref="StoreEntry"/> on the wire.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value; in a change null = removed.</param>
/// <param name="Created">Revision of creation.</param>
/// <param name="Modified">Revision of the last change.</param>
public sealed record EntryMessage(string Key, byte[]? Value, long Created, long Modified)
{
    /// <summary>From the store's own type.</summary>
    public static EntryMessage From(StoreEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new(entry.Key, entry.Value.ToArray(), entry.CreateRevision, entry.ModRevision);
    }

    /// <summary>To the store's own type; null for a removed key.</summary>
    public StoreEntry? ToEntry() => Value is null ? null : new(Key, Value, Created, Modified);
}
