using System.Collections.Immutable;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;

namespace Netplugin.Agent.Policies;

/// <summary>
/// What policies have denied, by the names of policy and rule, since the daemon started. The maps count by numbers, which come and go as policies change; what a number that goes has counted is
/// kept by its name, and so nothing is lost, and nothing counted twice. Safe from any thread.
/// </summary>
/// <remarks>
/// Between the removal of a number from the maps and <see cref="Removed"/> a reader does not find it: it stands for what was seen of it last. So no count ever gets less.
/// </remarks>
/// <param name="maps">The maps.</param>
internal sealed class DeniedBook(IPolicyMaps maps)
{
    /// <summary>
    /// How many names are kept for as long as the daemon runs: the first that deny anything. Who changes policies all the time would else make more of them without end. What further ones deny is counted together.
    /// </summary>
    public const int MostNames = 1000;

    // As many as there may be events that were not read yet.
    private const int LateNames = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, PolicyReason> _names = [];
    private readonly Dictionary<uint, DeniedCount> _seen = [];
    private readonly Dictionary<PolicyReason, DeniedCount> _settled = [];
    private readonly HashSet<uint> _going = [];
    private readonly Queue<KeyValuePair<uint, PolicyReason>> _late = [];
    private DeniedCount _others;
    private DeniedCount _former;

    /// <summary>Hears what numbers mean.</summary>
    /// <param name="changes">What is to be written; before it is.</param>
    public void Name(IEnumerable<PolicyChange> changes)
    {
        lock (_gate)
        {
            foreach (var change in changes)
            {
                if (change is PolicyChange.ReasonIs(var number, var reason))
                {
                    _names[number] = reason;
                }
                else if (change is PolicyChange.ReasonGone(var gone))
                {
                    _going.Add(gone);
                }
            }
        }
    }

    /// <summary>Hears that all numbers that are gone are removed from the maps.</summary>
    /// <param name="counted">What those that denied anything came to, also those of an earlier daemon.</param>
    public void Removed(IReadOnlyDictionary<uint, DeniedCount> counted)
    {
        lock (_gate)
        {
            foreach (var (number, count) in counted)
            {
                Settle(number, count);
            }

            foreach (var number in _going)
            {
                _seen.Remove(number);
                if (_names.Remove(number, out var reason))
                {
                    _late.Enqueue(new(number, reason));
                }
            }

            _going.Clear();
            while (_late.Count > LateNames)
            {
                _late.Dequeue();
            }
        }
    }

    /// <summary>What a number means, or meant not long ago; null: it is an earlier daemon's.</summary>
    public PolicyReason? Find(uint number)
    {
        lock (_gate)
        {
            return _names.TryGetValue(number, out var reason) ? reason : _late.FirstOrDefault(one => one.Key == number).Value;
        }
    }

    /// <summary>What was denied until now.</summary>
    /// <exception cref="Linux.KernelException">The maps cannot be read.</exception>
    public DeniedTotals Read()
    {
        lock (_gate)
        {
            foreach (var (number, count) in maps.ReadDenied())
            {
                if (count.Packets > 0)
                {
                    _seen[number] = count;
                }
            }

            var named = new Dictionary<PolicyReason, DeniedCount>(_settled);
            var (others, former) = (_others, _former);
            foreach (var (number, count) in _seen)
            {
                if (!_names.TryGetValue(number, out var reason))
                {
                    former = Sum(former, count);
                    continue;
                }

                if (!IsKept(reason))
                {
                    others = Sum(others, count);
                }

                named[reason] = Sum(named.GetValueOrDefault(reason), count);
            }

            return new([.. named.Where(one => one.Value.Packets > 0).Select(one => new DeniedBy(one.Key, one.Value, _settled.ContainsKey(one.Key)))], others, former);
        }
    }

    private static DeniedCount Sum(DeniedCount one, DeniedCount other) => new(one.Packets + other.Packets, one.Bytes + other.Bytes);

    private void Settle(uint number, DeniedCount count)
    {
        _seen.Remove(number);
        if (!_names.TryGetValue(number, out var reason))
        {
            _former = Sum(_former, count);
        }
        else if (IsKept(reason))
        {
            _settled[reason] = Sum(_settled[reason], count);
        }
        else
        {
            _others = Sum(_others, count);
        }
    }

    private bool IsKept(PolicyReason reason) => _settled.ContainsKey(reason) || (_settled.Count < MostNames && _settled.TryAdd(reason, default));
}

/// <summary>What was denied.</summary>
/// <param name="Named">By whom; who denied nothing is not here.</param>
/// <param name="Others">All that was denied by those of them that are not kept, and by others like them that are gone.</param>
/// <param name="Former">By rules of an earlier daemon, whose names are not known.</param>
internal sealed record DeniedTotals(ImmutableArray<DeniedBy> Named, DeniedCount Others, DeniedCount Former)
{
    /// <summary>What a policy has denied: by its rules, or because it isolates, be it with others.</summary>
    public DeniedCount Of(PolicyId policy)
    {
        var all = Named.Where(one => one.Reason.Policies.Contains(policy)).ToArray();
        return new((ulong)all.Sum(one => (long)one.Count.Packets), (ulong)all.Sum(one => (long)one.Count.Bytes));
    }
}

/// <summary>What a rule, or isolation, has denied.</summary>
/// <param name="Reason">Which.</param>
/// <param name="Count">How much.</param>
/// <param name="IsKept">False: there are too many, and it is counted with others beside.</param>
internal readonly record struct DeniedBy(PolicyReason Reason, DeniedCount Count, bool IsKept);
