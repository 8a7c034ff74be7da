using Netplugin.Core.Collections;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>
/// Finds, among many selections of pods, those that select one. A selection of one namespace is looked at for pods of that namespace alone; and each stands under one label that it requires, if it
/// requires any, so that only pods with that label meet it.
/// </summary>
/// <typeparam name="T">What the selections stand for.</typeparam>
internal sealed class SelectionIndex<T>
    where T : notnull
{
    private readonly Dictionary<string, Shelf> _named = new(StringComparer.Ordinal);
    private readonly Shelf _labelled = new();

    /// <summary>Adds a selection.</summary>
    public void Add(PodSelection selection, T value)
    {
        var shelf = _labelled;
        if (selection.Namespaces is NamespaceSelection.Named { Name: var name } && !_named.TryGetValue(name, out shelf!))
        {
            _named[name] = shelf = new();
        }

        shelf.Add(new(selection, value));
    }

    /// <summary>Removes what was added as equal to these.</summary>
    public void Remove(PodSelection selection, T value)
    {
        if (selection.Namespaces is not NamespaceSelection.Named { Name: var name })
        {
            _labelled.Remove(new(selection, value));
        }
        else if (_named.TryGetValue(name, out var shelf) && shelf.Remove(new(selection, value)))
        {
            _named.Remove(name);
        }
    }

    /// <summary>Adds to a list what selects a pod, in no order; a value that stands for several selections of it as often.</summary>
    public void Find(PodProfile pod, List<T> found)
    {
        _labelled.Find(pod, found);
        if (_named.TryGetValue(pod.Namespace.Name, out var shelf))
        {
            shelf.Find(pod, found);
        }
    }

    private readonly record struct Entry(PodSelection Selection, T Value);

    // A label: of the pod or of its namespace; without a value, that the key is there.
    private readonly record struct Fact(bool OfNamespace, string Key, string? Value);

    /// <summary>Selections by the label that they stand under.</summary>
    private sealed class Shelf
    {
        // Most namespaces have two or three selections: looking at each is quicker than any index.
        private const int Few = 8;
        private readonly List<Entry> _rest = [];
        private Dictionary<Fact, List<Entry>>? _byFact;

        public void Add(Entry entry)
        {
            if (_byFact is null && _rest.Count < Few)
            {
                _rest.Add(entry);
                return;
            }

            if (_byFact is null)
            {
                _byFact = [];
                Entry[] all = [.. _rest];
                _rest.Clear();
                Array.ForEach(all, Place);
            }

            Place(entry);
        }

        /// <summary>True when it is empty thereafter.</summary>
        public bool Remove(Entry entry)
        {
            var facts = FactsOf(entry.Selection);
            if (_byFact is null || facts.Length == 0)
            {
                _rest.Remove(entry);
            }
            else
            {
                foreach (var fact in facts)
                {
                    _byFact.RemoveUnder(fact, entry);
                }
            }

            return _rest.Count == 0 && _byFact is not { Count: > 0 };
        }

        public void Find(PodProfile pod, List<T> found)
        {
            Find(_rest, pod, found);
            if (_byFact is { Count: > 0 })
            {
                Find(pod.Labels, false, pod, found);
                Find(pod.Namespace.Labels, true, pod, found);
            }
        }

        private void Find(Labels labels, bool ofNamespace, PodProfile pod, List<T> found)
        {
            foreach (var (key, value) in labels.Pairs)
            {
                if (_byFact!.TryGetValue(new(ofNamespace, key, value), out var having))
                {
                    Find(having, pod, found);
                }

                if (_byFact.TryGetValue(new(ofNamespace, key, null), out having))
                {
                    Find(having, pod, found);
                }
            }
        }

        private static void Find(List<Entry> entries, PodProfile pod, List<T> found)
        {
            foreach (var entry in entries)
            {
                if (pod.IsIn(entry.Selection))
                {
                    found.Add(entry.Value);
                }
            }
        }

        private void Place(Entry entry)
        {
            var facts = FactsOf(entry.Selection);
            if (facts.Length == 0)
            {
                _rest.Add(entry);
            }

            foreach (var fact in facts)
            {
                _byFact!.AddUnder(fact, entry);
            }
        }

        // A pod that is selected has exactly one of these labels; none: it need not have any.
        private static Fact[] FactsOf(PodSelection selection)
        {
            var ofNamespace = selection.Namespaces is NamespaceSelection.Labelled { Labels: var labels } ? labels : LabelSelector.Everything;
            return FactsOf(selection.Labels, false, LabelOperator.In) ?? FactsOf(ofNamespace, true, LabelOperator.In)
                ?? FactsOf(selection.Labels, false, LabelOperator.Exists) ?? FactsOf(ofNamespace, true, LabelOperator.Exists) ?? [];
        }

        private static Fact[]? FactsOf(LabelSelector selector, bool ofNamespace, LabelOperator asked)
        {
            foreach (var one in selector.Requirements)
            {
                if (one.Operator == asked)
                {
                    return asked == LabelOperator.In
                        ? [.. one.Values.Distinct(StringComparer.Ordinal).Select(value => new Fact(ofNamespace, one.Key, value))]
                        : [new(ofNamespace, one.Key, null)];
                }
            }

            return null;
        }
    }
}
