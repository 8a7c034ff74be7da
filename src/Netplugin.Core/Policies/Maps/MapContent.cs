using Netplugin.Core.Collections;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>Verdicts, programs and reasons that are all to be written, or all to be removed: what no packet asks for meanwhile.</summary>
internal sealed class MapContent
{
    private readonly HashSet<uint> _reasons = [];
    private readonly Dictionary<uint, ValueArray<PortEntry>> _programs = [];
    private readonly Dictionary<VerdictKey, Verdict> _verdicts = [];

    public bool IsEmpty => _reasons.Count + _programs.Count + _verdicts.Count == 0;

    /// <summary>How many entries it has.</summary>
    public PolicyMapSizes Count => new(0, 0, _verdicts.Count, _programs.Values.Sum(entries => entries.Count), _reasons.Count);

    public void AddReason(uint number) => _reasons.Add(number);

    public bool DropReason(uint number) => _reasons.Remove(number);

    public void AddProgram(uint number, ValueArray<PortEntry> entries) => _programs[number] = entries;

    public bool DropProgram(uint number) => _programs.Remove(number);

    public void AddVerdict(VerdictKey key, Verdict verdict) => _verdicts[key] = verdict;

    public bool DropVerdict(VerdictKey key) => _verdicts.Remove(key);

    /// <summary>Writes all of it: nothing is named before it is there.</summary>
    public void WriteTo(IPolicyMaps maps)
    {
        foreach (var reason in _reasons)
        {
            maps.AddReason(reason);
        }

        foreach (var (number, entries) in _programs)
        {
            maps.SetProgram(number, entries);
        }

        maps.SetVerdicts(_verdicts);
    }

    /// <summary>Removes all of it, and forgets it.</summary>
    /// <param name="maps">The maps.</param>
    /// <param name="counted">Gets what the reasons have denied, of those that denied anything.</param>
    public void RemoveFrom(IPolicyMaps maps, IDictionary<uint, DeniedCount> counted)
    {
        maps.RemoveVerdicts(_verdicts.Keys);
        foreach (var (number, entries) in _programs)
        {
            maps.RemoveProgram(number, entries);
        }

        foreach (var reason in _reasons)
        {
            if (maps.RemoveReason(reason) is { Packets: > 0 } count)
            {
                counted[reason] = count;
            }
        }

        Clear();
    }

    public void Clear()
    {
        _reasons.Clear();
        _programs.Clear();
        _verdicts.Clear();
    }
}
