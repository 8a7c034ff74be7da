using System.Runtime.InteropServices;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>All policies, found by whom they are for.</summary>
internal sealed class PolicyBook
{
    private readonly Dictionary<PolicyId, PolicyEntry> _policies = [];
    private readonly SelectionIndex<PolicyEntry> _pods = new();
    private readonly Dictionary<GroupId, List<PolicyEntry>> _groups = [];

    /// <summary>The policy of a name; null when there is none.</summary>
    public NormalPolicy? Find(PolicyId id) => _policies.GetValueOrDefault(id)?.Policy;

    /// <summary>Adds a policy, or puts it in the place of its former version.</summary>
    public void Set(NormalPolicy policy)
    {
        Remove(policy.Id);
        var entry = new PolicyEntry(policy);
        _policies[policy.Id] = entry;
        foreach (var subject in policy.Subjects)
        {
            switch (subject)
            {
                case NormalSubject.Pods pods:
                    _pods.Add(pods.Selection, entry);
                    break;
                case NormalSubject.Group group:
                    ref var ofGroup = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, group.Id, out _);
                    (ofGroup ??= new(1)).Add(entry);
                    break;
                default:
                    throw new ArgumentException($"unknown subject {subject}", nameof(policy));
            }
        }
    }

    /// <summary>Removes a policy.</summary>
    /// <returns>It; null when there was none.</returns>
    public NormalPolicy? Remove(PolicyId id)
    {
        if (!_policies.Remove(id, out var entry))
        {
            return null;
        }

        foreach (var subject in entry.Policy.Subjects)
        {
            if (subject is NormalSubject.Pods pods)
            {
                _pods.Remove(pods.Selection, entry);
            }
            else if (subject is NormalSubject.Group group && _groups[group.Id].Remove(entry) && _groups[group.Id].Count == 0)
            {
                _groups.Remove(group.Id);
            }
        }

        return entry.Policy;
    }

    /// <summary>The policies that are for an endpoint, by name.</summary>
    public List<PolicyEntry> For(EndpointHolder holder)
    {
        List<PolicyEntry> found = [];
        if (holder.Profile is { } profile)
        {
            _pods.Find(profile, found);
        }

        if (holder.Endpoint.Group.Length > 0 && _groups.TryGetValue(new(holder.Endpoint.Id.Network, holder.Endpoint.Group), out var ofGroup))
        {
            found.AddRange(ofGroup);
        }

        return [.. found.Distinct().OrderBy(entry => entry.Policy.Id)];
    }

    /// <summary>True when a policy is for an endpoint.</summary>
    public static bool IsFor(NormalPolicy policy, EndpointHolder holder)
    {
        foreach (var subject in policy.Subjects)
        {
            if (subject is NormalSubject.Pods pods
                ? holder.Profile?.IsIn(pods.Selection) == true
                : subject is NormalSubject.Group { Id: var id } && id.Network == holder.Endpoint.Id.Network && id.Group == holder.Endpoint.Group)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A policy with what it says, by direction, made when it is first for somebody.</summary>
internal sealed class PolicyEntry(NormalPolicy policy)
{
    private readonly PolicyPart?[] _parts = [null, null];

    public NormalPolicy Policy { get; } = policy;

    public PolicyPart Part(PolicyDirection direction) => _parts[(int)direction] ??= new(Policy, direction);
}
