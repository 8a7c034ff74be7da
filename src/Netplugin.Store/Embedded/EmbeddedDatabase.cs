using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Netplugin.Store.Embedded;

/// <summary>
/// The SQLite file of the embedded store: one table of entries and one row with the revision. Not thread-safe: its owner lets
/// one caller in at a time. A commit is on the disk before it returns (WAL with <c>synchronous=FULL</c>).
/// </summary>
internal sealed class EmbeddedDatabase : IDisposable
{
    // Kept in SQLite's user_version; a file with a newer one is refused.
    private const long Layout = 1;

    private const string Prepare = """
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS entry (
            key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, lease INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS revision (number INTEGER NOT NULL);
        INSERT INTO revision SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revision);
        PRAGMA user_version = 1;
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _list;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _leased;
    private readonly SqliteCommand _setRevision;

    private EmbeddedDatabase(SqliteConnection connection)
    {
        _connection = connection;
        Revision = Scalar("SELECT number FROM revision");
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
        _get = Command("SELECT value, created, changed FROM entry WHERE key = $key", "$key");
        _list = Command("SELECT key, value, created, changed FROM entry WHERE key >= $from ORDER BY key", "$from");
        _put = Command(
            """
            INSERT INTO entry VALUES ($key, $value, $revision, $revision, $lease)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed = excluded.changed, lease = excluded.lease
            RETURNING created
            """,
            "$key", "$value", "$revision", "$lease");
        _delete = Command("DELETE FROM entry WHERE key = $key", "$key");
        _leased = Command("SELECT key FROM entry WHERE lease <> 0 AND $lease IN (0, lease) ORDER BY key", "$lease");
        _setRevision = Command("UPDATE revision SET number = $revision", "$revision");
    }

    /// <summary>Revision of the last commit; 0 in a new file.</summary>
    public long Revision { get; private set; }

    /// <summary>Opens or creates the file and removes what hung on leases of the process that had it before.</summary>
    public static EmbeddedDatabase Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            var layout = Scalar(connection, "PRAGMA user_version");
            if (layout > Layout)
            {
                throw new StoreException(
                    "open", StoreFailure.Unreadable, $"{path} was written by a newer version (layout {layout}, this one knows {Layout}). Run that version.");
            }

            using (var prepare = connection.CreateCommand())
            {
                prepare.CommandText = Prepare;
                prepare.ExecuteNonQuery();
            }

            var database = new EmbeddedDatabase(connection);
            database.RemoveLeased(lease: 0);
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public StoreEntry? Get(string key)
    {
        _get.Parameters[0].Value = key;
        using var reader = _get.ExecuteReader();
        return reader.Read() ? new(key, reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.GetInt64(2)) : null;
    }

    public StoreSnapshot List(string prefix)
    {
        var entries = ImmutableArray.CreateBuilder<StoreEntry>();
        _list.Parameters[0].Value = prefix;
        using var reader = _list.ExecuteReader();
        while (reader.Read() && reader.GetString(0) is var key && key.StartsWith(prefix, StringComparison.Ordinal))
        {
            entries.Add(new(key, reader.GetFieldValue<byte[]>(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return new(Revision, entries.DrainToImmutable());
    }

    /// <summary>Carries out a transaction; null when a compare did not hold, else what really changed.</summary>
    public ImmutableArray<StoreChange>? Commit(StoreTransaction transaction)
    {
        _begin.ExecuteNonQuery();
        try
        {
            if (!transaction.Compares.All(Holds))
            {
                _rollback.ExecuteNonQuery();
                return null;
            }

            var revision = Revision + 1;
            var changes = ImmutableArray.CreateBuilder<StoreChange>(transaction.Operations.Length);
            foreach (var operation in transaction.Operations)
            {
                if (operation is StoreOperation.Put put)
                {
                    changes.Add(new(put.Key, Put(put, revision), revision));
                }
                else if (Delete(operation.Key))
                {
                    changes.Add(new(operation.Key, null, revision));
                }
            }

            if (changes.Count > 0)
            {
                _setRevision.Parameters[0].Value = revision;
                _setRevision.ExecuteNonQuery();
            }

            _commit.ExecuteNonQuery();
            Revision = changes.Count > 0 ? revision : Revision;
            return changes.DrainToImmutable();
        }
        catch
        {
            RollBackAfterFailure();
            throw;
        }
    }

    /// <summary>Removes what hangs on a lease (0: on any) in one revision.</summary>
    public ImmutableArray<StoreChange> RemoveLeased(long lease)
    {
        var keys = ImmutableArray.CreateBuilder<StoreOperation>();
        _leased.Parameters[0].Value = lease;
        using (var reader = _leased.ExecuteReader())
        {
            while (reader.Read())
            {
                keys.Add(new StoreOperation.Delete(reader.GetString(0)));
            }
        }

        return keys.Count == 0 ? [] : Commit(new([], keys.DrainToImmutable())) ?? [];
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_begin, _commit, _rollback, _get, _list, _put, _delete, _leased, _setRevision])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private bool Holds(StoreCompare compare)
    {
        var entry = Get(compare.Key);
        return compare.Target switch
        {
            CompareTarget.CreateRevision => (entry?.CreateRevision ?? 0) == compare.Revision,
            CompareTarget.ModRevision => (entry?.ModRevision ?? 0) == compare.Revision,
            _ => entry is not null && entry.Value.Span.SequenceEqual(compare.Value.Span),
        };
    }

    private StoreEntry Put(StoreOperation.Put put, long revision)
    {
        var value = put.Value.ToArray();
        _put.Parameters[0].Value = put.Key;
        _put.Parameters[1].Value = value;
        _put.Parameters[2].Value = revision;
        _put.Parameters[3].Value = put.Lease?.Id ?? 0;
        return new(put.Key, value, (long)_put.ExecuteScalar()!, revision);
    }

    private bool Delete(string key)
    {
        _delete.Parameters[0].Value = key;
        return _delete.ExecuteNonQuery() > 0;
    }

    private void RollBackAfterFailure()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself already (disk full, I/O error); the first error is the one that tells.
        }
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private long Scalar(string text) => Scalar(_connection, text);

    private static long Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return (long)command.ExecuteScalar()!;
    }
}
