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
    private const int FieldsShown = 3;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<PolicyId, Unreadable> _all = [];

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
    public ImmutableDictionary<PolicyId, ValueArray<FieldProblem>> All
    {
        get
        {
            lock (_gate)
            {
                return _all.ToImmutableDictionary(one => one.Key, one => one.Value.Problems);
            }
        }
    }

    /// <summary>What is wrong with policies.</summary>
    /// <param name="read">Each that was read, its problems, and whether there is a policy all the same.</param>
    /// <param name="isAllOf">The kind that these are all of; null: they are some.</param>
    public void Note(IEnumerable<(PolicyId Id, ValueArray<FieldProblem> Problems, bool IsEnforced)> read, PolicyKind? isAllOf = null)
    {
        lock (_gate)
        {
            var before = _all.Keys.Where(id => id.Kind == isAllOf).ToHashSet();
            foreach (var (id, found, isEnforced) in read)
            {
                before.Remove(id);
                if (found.IsEmpty)
                {
                    _all.Remove(id);
                }
                else
                {
                    Note(id, new(Sentence(id, found, isEnforced), found));
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

    private static string Sentence(PolicyId id, ValueArray<FieldProblem> found, bool isEnforced)
    {
        var fields = string.Join("; ", found.Take(FieldsShown)) + (found.Count > FieldsShown ? string.Create(CultureInfo.InvariantCulture, $"; and {found.Count - FieldsShown} more") : "");
        return isEnforced ? $"{id} is closed where it cannot be read: {fields}" : $"{id} is not enforced, for what it is about cannot be read: {fields}";
    }

    private void Note(PolicyId id, Unreadable found)
    {
        if (_all.GetValueOrDefault(id) != found)
        {
            _all[id] = found;
            PolicyLog.Problem(log, found.Sentence);
        }
    }

    private sealed record Unreadable(string Sentence, ValueArray<FieldProblem> Problems);
}
