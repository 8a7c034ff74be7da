using System.Runtime.InteropServices;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>
/// What selections see of pods: namespace, its labels and the pod's. Pods that are alike to them share one, so that each is matched once.
/// </summary>
internal sealed class PodProfiles
{
    // A namespace that is being relabelled is here with both its labels until the last of its pods has the new ones.
    private readonly Dictionary<(string Name, Labels Labels), NamespaceProfile> _namespaces = [];
    private readonly Dictionary<string, List<NamespaceProfile>> _byName = new(StringComparer.Ordinal);

    /// <summary>The profile of a pod, which an endpoint of it joins.</summary>
    public PodProfile Join(EndpointHolder endpoint, PolicyPod pod)
    {
        ref var space = ref CollectionsMarshal.GetValueRefOrAddDefault(_namespaces, (pod.Name.Namespace, pod.NamespaceLabels), out _);
        if (space is null)
        {
            space = new(pod.Name.Namespace, pod.NamespaceLabels);
            _byName.AddUnder(space.Name, space);
        }

        ref var profile = ref CollectionsMarshal.GetValueRefOrAddDefault(space.Profiles, pod.Labels, out _);
        profile ??= new(space, pod.Labels);
        profile.Endpoints.Add(endpoint);
        return profile;
    }

    /// <summary>Takes an endpoint out of its profile.</summary>
    public void Leave(EndpointHolder endpoint, PodProfile profile)
    {
        var space = profile.Namespace;
        if (!profile.Endpoints.Remove(endpoint) || profile.Endpoints.Count > 0 || !space.Profiles.Remove(profile.Labels) || space.Profiles.Count > 0)
        {
            return;
        }

        _namespaces.Remove((space.Name, space.Labels));
        _byName.RemoveUnder(space.Name, space);
    }

    /// <summary>Every profile that a selection selects.</summary>
    public IEnumerable<PodProfile> In(PodSelection selection) => selection.Namespaces switch
    {
        NamespaceSelection.Named { Name: var name } => _byName.TryGetValue(name, out var named) ? Among(named) : [],
        NamespaceSelection.Labelled { Labels: var labels } => Among(_namespaces.Values.Where(space => labels.Selects(space.Labels))),
        _ => throw new ArgumentException($"unknown selection {selection}", nameof(selection)),
    };

    /// <summary>Every profile.</summary>
    public IEnumerable<PodProfile> All => _namespaces.Values.SelectMany(space => space.Profiles.Values);

    private static IEnumerable<PodProfile> Among(IEnumerable<NamespaceProfile> spaces) => spaces.SelectMany(space => space.Profiles.Values);
}

/// <summary>A namespace with labels, and the profiles of its pods.</summary>
internal sealed class NamespaceProfile(string name, Labels labels)
{
    public string Name { get; } = name;

    public Labels Labels { get; } = labels;

    public Dictionary<Labels, PodProfile> Profiles { get; } = new(1);
}

/// <summary>What selections see of a pod.</summary>
internal sealed class PodProfile(NamespaceProfile space, Labels labels)
{
    public NamespaceProfile Namespace { get; } = space;

    public Labels Labels { get; } = labels;

    /// <summary>The endpoints of such pods.</summary>
    public List<EndpointHolder> Endpoints { get; } = new(1);

    /// <summary>The conditions about pods that hold of it; null: to be found.</summary>
    public Atom[]? Atoms { get; set; }

    /// <summary>True when a selection selects such pods.</summary>
    public bool IsIn(PodSelection selection) => selection.Labels.Selects(Labels) && selection.Namespaces switch
    {
        NamespaceSelection.Named { Name: var name } => Namespace.Name == name,
        NamespaceSelection.Labelled { Labels: var labels } => labels.Selects(Namespace.Labels),
        _ => throw new ArgumentException($"unknown selection {selection}", nameof(selection)),
    };
}

/// <summary>Selectors against labels.</summary>
internal static class LabelMatch
{
    /// <summary>True when labels fulfil every requirement.</summary>
    public static bool Selects(this LabelSelector selector, Labels labels)
    {
        foreach (var one in selector.Requirements)
        {
            var value = labels[one.Key];
            var isMet = one.Operator switch
            {
                LabelOperator.Exists => value is not null,
                LabelOperator.DoesNotExist => value is null,
                LabelOperator.In => value is not null && one.Values.Items.Contains(value),
                _ => value is null || !one.Values.Items.Contains(value),
            };
            if (!isMet)
            {
                return false;
            }
        }

        return true;
    }
}
