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
                    _groups.AddUnder(group.Id, entry);
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
            else if (subject is NormalSubject.Group group)
            {
                _groups.RemoveUnder(group.Id, entry);
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

        if (holder.Group is { } id && _groups.TryGetValue(id, out var ofGroup))
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
                : subject is NormalSubject.Group { Id: var id } && id == holder.Group)
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
