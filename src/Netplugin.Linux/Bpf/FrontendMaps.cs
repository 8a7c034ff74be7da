using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// The maps of frontends and of the tables their backends are in. Frontends with the same backends share a table. Another set of backends is another
/// table: it is written whole, then the frontend moves to it in one write, and the old one is removed when nobody has it and no program can be reading
/// it any more.
/// </summary>
/// <remarks>
/// A connection remembers the number of the table its backend was last seen in, and is spared a look while the frontend has it still. So a number must
/// not come back while anything knows it: numbers only grow, also over a restart, which goes on from the largest that the maps know.
/// </remarks>
internal sealed class FrontendMaps : IDisposable
{
    /// <summary>A program that found a table's number is done with it after microseconds, or, with its CPU taken away, some milliseconds.</summary>
    private static readonly TimeSpan ReadingTime = TimeSpan.FromSeconds(1);

    private readonly BpfMap<FrontendKeyValue, FrontendValue> _frontends;
    private readonly BpfMap<BackendKeyValue, BackendValue> _backends;
    private readonly BpfMap<MemberKeyValue, uint> _members;
    private readonly TimeProvider _time;
    private readonly Dictionary<uint, BackendTable> _tables = [];

    // Of the tables that are whole; of several with the same backends, one.
    private readonly Dictionary<ImmutableArray<Backend>, BackendTable> _byBackends = new(SameBackends.Instance);

    // The frontends in the map that have backends.
    private readonly Dictionary<FrontendKey, BackendTable> _tableOf = [];

    // Tables that nobody had any more at a time; somebody may have them again since.
    private readonly Dictionary<uint, long> _unused = [];
    private uint _last;

    /// <summary>Takes the maps, and looks at what is in them.</summary>
    /// <param name="frontends">np_frontends.</param>
    /// <param name="backends">np_backends.</param>
    /// <param name="members">np_members.</param>
    /// <param name="last">The largest number of a table that is known elsewhere.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    internal FrontendMaps(
        BpfMap<FrontendKeyValue, FrontendValue> frontends, BpfMap<BackendKeyValue, BackendValue> backends, BpfMap<MemberKeyValue, uint> members,
        uint last, TimeProvider time)
    {
        (_frontends, _backends, _members, _last, _time) = (frontends, backends, members, last, time);
        Observe(new(Comparer<FrontendKey>.Default));
    }

    /// <summary>True while a table that nobody has waits for its removal.</summary>
    internal bool HasUnused => _unused.Count > 0;

    /// <summary>
    /// What the maps hold. A frontend whose table is not whole appears as one that balances over nothing, which nobody wants: so it is written again.
    /// </summary>
    /// <param name="known">What was known; what is still so is not made anew.</param>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    internal PackedDictionary<FrontendKey, Frontend> Observe(PackedDictionary<FrontendKey, Frontend> known)
    {
        LookAtTables();
        _tableOf.Clear();
        var observed = known.Rebuild(Read(known));
        var now = _time.GetTimestamp();
        foreach (var table in _tables.Values.Where(table => table.Users == 0))
        {
            _unused.TryAdd(table.Number, now);
        }

        return observed;
    }

    /// <summary>One frontend as it is in the maps; null when it is not there.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    internal Frontend? Find(FrontendKey key)
    {
        if (_frontends.Find(FrontendKeyValue.From(key)) is not { } value)
        {
            return null;
        }

        var backends = Enumerable.Range(0, (int)value.Count)
            .Select(slot => _backends.Find(new BackendKeyValue { Table = value.Table, Slot = (uint)slot })?.ToBackend()).ToArray();
        return new(
            (FrontendAction)value.Action, TimeSpan.FromSeconds(value.Affinity),
            backends.Contains(null) ? [] : [.. backends.Select(backend => backend!.Value)]);
    }

    /// <summary>Writes frontends, in order.</summary>
    /// <exception cref="KernelException">A map is full: those before the one that did not fit may be written, and none is without its backends.</exception>
    internal void Set(IReadOnlyList<KeyValuePair<FrontendKey, Frontend>> frontends)
    {
        RemoveUnused();
        var made = Make(frontends);
        try
        {
            foreach (var (key, frontend) in frontends)
            {
                var table = frontend.Backends.IsEmpty ? null : _byBackends[frontend.Backends];
                _frontends.Put([new(FrontendKeyValue.From(key), new FrontendValue
                {
                    Action = (uint)frontend.Action,
                    Table = table?.Number ?? 0,
                    Count = (uint)frontend.Backends.Length,
                    Affinity = SecondsOf(frontend.Affinity),
                })]);
                Point(key, table);
            }
        }
        finally
        {
            foreach (var table in made.Where(table => table.Users == 0))
            {
                _unused[table.Number] = _time.GetTimestamp();
            }
        }
    }

    /// <summary>Removes a frontend; one that is gone already is no error.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal void Remove(FrontendKey key)
    {
        RemoveUnused();
        _frontends.Delete(FrontendKeyValue.From(key));
        Point(key, null);
    }

    /// <summary>Removes the tables that nobody has and no program can be reading any more.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal void RemoveUnused()
    {
        // The usual case, for each change of anything.
        if (_unused.Count == 0)
        {
            return;
        }

        foreach (var (number, since) in _unused.ToArray())
        {
            if (!_tables.TryGetValue(number, out var table) || table.Users > 0)
            {
                _unused.Remove(number);
            }
            else if (_time.GetElapsedTime(since) >= ReadingTime)
            {
                Remove(table);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _members.Dispose();
        _backends.Dispose();
        _frontends.Dispose();
    }

    private static uint SecondsOf(TimeSpan affinity) => (uint)Math.Ceiling(affinity.TotalSeconds);

    private void Point(FrontendKey key, BackendTable? table)
    {
        if (_tableOf.Remove(key, out var before) && --before.Users == 0)
        {
            _unused[before.Number] = _time.GetTimestamp();
        }

        if (table is not null)
        {
            _tableOf[key] = table;
            table.Users++;
        }
    }

    // Tables that the frontends need and that are not there.
    private List<BackendTable> Make(IReadOnlyList<KeyValuePair<FrontendKey, Frontend>> frontends)
    {
        var made = new List<BackendTable>();
        foreach (var (_, frontend) in frontends)
        {
            if (!frontend.Backends.IsEmpty && !_byBackends.ContainsKey(frontend.Backends))
            {
                var table = new BackendTable(NextNumber(), frontend.Backends);
                _tables.Add(table.Number, table);
                _byBackends.Add(table.Backends, table);
                made.Add(table);
            }
        }

        try
        {
            _backends.Put(CollectionsMarshal.AsSpan(made.SelectMany(
                table => table.Slots.Zip(table.Backends, (key, backend) => KeyValuePair.Create(key, BackendValue.From(backend)))).ToList()));
            _members.Put(CollectionsMarshal.AsSpan(made.SelectMany(
                table => table.Members.Select((key, slot) => KeyValuePair.Create(key, (uint)slot))).ToList()));
            return made;
        }
        catch (KernelException)
        {
            // Nobody has seen them: what is there of them need not wait, and its room is wanted.
            made.ForEach(Remove);
            throw;
        }
    }

    private uint NextNumber()
    {
        // 0 is no table. Four thousand million changes later numbers begin again, and nothing knows the first ones any more.
        do
        {
            _last++;
        }
        while (_last == 0 || _tables.ContainsKey(_last));
        return _last;
    }

    private void Remove(BackendTable table)
    {
        // Known until all of it is gone, so that what fails half way is tried again; but nobody gets it any more.
        Hide(table);
        _unused[table.Number] = _time.GetTimestamp();
        foreach (var member in table.Members)
        {
            _members.Delete(member);
        }

        foreach (var slot in table.Slots)
        {
            _backends.Delete(slot);
        }

        _tables.Remove(table.Number);
        _unused.Remove(table.Number);
    }

    private void Hide(BackendTable table)
    {
        if (_byBackends.TryGetValue(table.Backends, out var known) && known == table)
        {
            _byBackends.Remove(table.Backends);
        }
    }

    private IEnumerable<KeyValuePair<FrontendKey, Frontend>> Read(PackedDictionary<FrontendKey, Frontend> known)
    {
        foreach (var (key, value) in _frontends.ReadAll().Select(pair => KeyValuePair.Create(pair.Key.ToKey(), pair.Value)))
        {
            _last = Math.Max(_last, value.Table);
            var table = value.Count > 0 ? _tables.GetValueOrDefault(value.Table) : null;
            if (table is not null)
            {
                Point(key, table);
            }

            var backends = table?.Backends.Length == value.Count ? table.Backends : [];
            yield return KeyValuePair.Create(key, known.TryGetValue(key, out var frontend)
                && (uint)frontend.Action == value.Action && SecondsOf(frontend.Affinity) == value.Affinity && SameBackends.Instance.Equals(frontend.Backends, backends)
                ? frontend
                : new Frontend((FrontendAction)value.Action, TimeSpan.FromSeconds(value.Affinity), backends));
        }
    }

    // Those that are as they are known leave no garbage; what is not is read once more, to see all of it.
    private void LookAtTables()
    {
        foreach (var table in _tables.Values)
        {
            (table.Users, table.Seen) = (0, 0);
        }

        var strange = new HashSet<uint>();
        foreach (var (key, value) in _backends.ReadAll())
        {
            See(key.Table, key.Slot, value.ToBackend());
        }

        foreach (var (key, slot) in _members.ReadAll())
        {
            See(key.Table, slot, key.ToBackend());
        }

        strange.UnionWith(_tables.Values.Where(table => !table.IsWhole || table.Seen != 2 * table.Backends.Length).Select(table => table.Number));
        if (strange.Count > 0)
        {
            ReadAgain(strange);
        }

        void See(uint number, uint slot, Backend backend)
        {
            if (_tables.TryGetValue(number, out var table) && table.Has(slot, backend))
            {
                table.Seen++;
            }
            else
            {
                strange.Add(number);
            }
        }
    }

    private void ReadAgain(HashSet<uint> numbers)
    {
        var slots = numbers.ToDictionary(number => number, _ => new List<(uint Slot, Backend Backend)>());
        var members = numbers.ToDictionary(number => number, _ => new List<(uint Slot, Backend Backend)>());
        foreach (var (key, value) in _backends.ReadAll().Where(pair => numbers.Contains(pair.Key.Table)))
        {
            slots[key.Table].Add((key.Slot, value.ToBackend()));
        }

        foreach (var (key, slot) in _members.ReadAll().Where(pair => numbers.Contains(pair.Key.Table)))
        {
            members[key.Table].Add((slot, key.ToBackend()));
        }

        foreach (var number in numbers)
        {
            if (_tables.Remove(number, out var before))
            {
                Hide(before);
            }

            if (slots[number].Count + members[number].Count > 0)
            {
                var table = new BackendTable(number, slots[number], members[number]);
                _tables.Add(number, table);
                if (table.IsWhole)
                {
                    _byBackends.TryAdd(table.Backends, table);
                }
            }

            _last = Math.Max(_last, number);
        }
    }

    /// <summary>Equal when the backends are, in order; one array in both is seen at a glance.</summary>
    private sealed class SameBackends : IEqualityComparer<ImmutableArray<Backend>>
    {
        public static SameBackends Instance { get; } = new();

        public bool Equals(ImmutableArray<Backend> x, ImmutableArray<Backend> y) => x == y || x.AsSpan().SequenceEqual(y.AsSpan());

        public int GetHashCode(ImmutableArray<Backend> backends) =>
            backends.IsEmpty ? 0 : HashCode.Combine(backends.Length, backends[0], backends[^1]);
    }
}
