namespace Netplugin.Store;

/// <summary>What every <see cref="IStateStore"/> refuses before it sends anything.</summary>
public static class TransactionRules
{
    /// <summary>Refuses a transaction that no store may carry out.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="limit">The store's <see cref="IStateStore.MaxOperations"/>.</param>
    /// <exception cref="ArgumentException">More than <paramref name="limit"/> operations or compares, or a key written twice.</exception>
    public static void Check(StoreTransaction transaction, int limit)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var (compares, operations) = (transaction.Compares.Length, transaction.Operations.Length);
        if (compares > limit || operations > limit)
        {
            throw new ArgumentException(
                $"a transaction holds at most {limit} operations and as many compares; this one has {operations} and {compares}",
                nameof(transaction));
        }

        var written = new HashSet<string>(operations, StringComparer.Ordinal);
        foreach (var operation in transaction.Operations)
        {
            if (!written.Add(operation.Key))
            {
                throw new ArgumentException($"the transaction writes {operation.Key} twice", nameof(transaction));
            }
        }
    }
}
