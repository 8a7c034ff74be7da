using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Loop;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Kubernetes.Policies;

namespace Netplugin.Agent.Policies;

/// <summary>The policies that cannot be read whole, and what an operator is told of them. Safe from any thread.</summary>
/// <param name="problems">Told of the first few.</param>
/// <param name="log">Told of each.</param>
internal sealed class UnreadablePolicies(ProblemBoard problems, ILogger log)
{
    private const string Topics = "policies/read/";
    private readonly Lock _gate = new();
    private readonly SortedDictionary<PolicyId, PolicyReading> _all = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>What is wrong with each.</summary>
    public ImmutableDictionary<PolicyId, PolicyReading> All
    {
        get
        {
            lock (_gate)
            {
                return _all.ToImmutableDictionary();
            }
        }
    }

    /// <summary>What is wrong with policies.</summary>
    /// <param name="read">Each that was read.</param>
    /// <param name="isAllOf">The kind that these are all of; null: they are some.</param>
    public void Note(IEnumerable<PolicyReading> read, PolicyKind? isAllOf = null)
    {
        lock (_gate)
        {
            var before = _all.Keys.Where(id => id.Kind == isAllOf).ToHashSet();
            foreach (var reading in read)
            {
                before.Remove(reading.Id);
                if (reading.Problems.IsEmpty)
                {
                    _all.Remove(reading.Id);
                }
                else if (_all.GetValueOrDefault(reading.Id) != reading)
                {
                    _all[reading.Id] = reading;
                    PolicyLog.Problem(log, reading.Sentence);
                }
            }

            foreach (var gone in before)
            {
                _all.Remove(gone);
            }

            problems.SetFirst(
                Topics, [.. _all.Select(one => (one.Key.ToString(), one.Value.Sentence))], more => string.Create(CultureInfo.InvariantCulture, $"{more} more policies cannot be read whole: the log names them"));
        }
    }
}

/// <summary>What came of reading a policy.</summary>
/// <param name="Id">The policy.</param>
/// <param name="Problems">What is wrong with it; none: it was read whole.</param>
/// <param name="Sentence">What an operator is told.</param>
/// <param name="Uid">The uid of its object in Kubernetes; empty: it is none.</param>
internal sealed record PolicyReading(PolicyId Id, ValueArray<FieldProblem> Problems, string Sentence, string Uid = "")
{
    private const int FieldsShown = 3;

    /// <summary>Of an object of Kubernetes.</summary>
    /// <param name="id">The policy.</param>
    /// <param name="problems">What is wrong with it.</param>
    /// <param name="isEnforced">True: there is a policy all the same.</param>
    /// <param name="uid">The object's uid.</param>
    public static PolicyReading Of(PolicyId id, ValueArray<FieldProblem> problems, bool isEnforced, string uid)
    {
        var fields = string.Join("; ", problems.Take(FieldsShown)) + (problems.Count > FieldsShown ? string.Create(CultureInfo.InvariantCulture, $"; and {problems.Count - FieldsShown} more") : "");
        return new(id, problems, isEnforced ? $"{id} is closed where it cannot be read: {fields}" : $"{id} is not enforced, for what it is about cannot be read: {fields}", uid);
    }
}
