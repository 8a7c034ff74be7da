using System.Collections.Immutable;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>
/// Works out posts: what the cluster's records become when an intent is posted on what is there, with everything allocated.
/// A pure function of its arguments: the same state and file always give the same plan. All errors are reported at once, and
/// a post with an error changes nothing. Posting the same file twice changes nothing the second time.
/// </summary>
/// <remarks>
/// What a file does not say about something that exists stays as it is (a tenant may be just a name), except that in a whole
/// intent (<see cref="PostMode.Replace"/>) what is not named is removed, a network without <c>DefaultGw</c> has none, an
/// endpoint without <c>Group</c> is in none, and a group without <c>Policies</c> or a policy without <c>Rules</c> has none.
/// Subnet, encapsulation, tag and address are for life: a file that says otherwise contradicts and is refused.
/// </remarks>
public static class Planner
{
    /// <summary>Plans a posted intent.</summary>
    /// <param name="current">What is posted now.</param>
    /// <param name="intent">The file as read.</param>
    /// <param name="mode">What the file means for what it does not name.</param>
    public static PlanResult Plan(ClusterState current, Intent intent, PostMode mode)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(intent);
        var draft = new Draft(current);
        switch (mode)
        {
            case PostMode.Delete:
                Removals.RemoveNamed(draft, intent);
                PolicyRemovals.RemoveNamed(draft, intent);
                PolicyRemovals.CheckUnused(draft, intent);
                break;
            case PostMode.Replace:
                Removals.RemoveUnnamed(draft, intent);
                PolicyRemovals.RemoveUnnamed(draft, intent);
                AddAll(draft, intent, isWhole: true);
                draft.IndexContainersOf(intent);
                PolicyRemovals.CheckUnused(draft, intent);
                break;
            default:
                AddAll(draft, intent, isWhole: false);
                break;
        }

        return draft.Finish();
    }

    /// <summary>
    /// Every error of a file that could not be read: what reading found, and what the readable rest contradicts by itself, so
    /// that an operator sees all of it at once. What depends on the cluster, or on what could not be read, is left out.
    /// </summary>
    /// <param name="read">What reading gave.</param>
    /// <param name="mode">What the file means; one that deletes has only names, which cannot contradict each other.</param>
    public static ImmutableArray<IntentProblem> ErrorsOf(IntentReadResult<Intent> read, PostMode mode)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (read.Succeeded || read.Readable is not { } intent || mode == PostMode.Delete)
        {
            return read.Errors;
        }

        var draft = new Draft(ClusterState.Empty, isPartial: true);
        AddAll(draft, intent, isWhole: true);
        return [.. read.Errors.Concat(draft.Errors.ToImmutable()).OrderBy(error => error.At)];
    }

    /// <summary>
    /// Plans a host-bindings file: every endpoint of a named container, in any network, is homed on the host given, with the
    /// attach UUID given or none; an empty host unbinds. A container without endpoints is a warning.
    /// </summary>
    /// <param name="current">What is posted now.</param>
    /// <param name="bindings">The file as read.</param>
    public static PlanResult Bind(ClusterState current, HostBindings bindings)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(bindings);
        var draft = new Draft(current);
        foreach (var binding in bindings.Bindings)
        {
            if (!current.Containers.TryGetValue(binding.Container.Value, out var container))
            {
                draft.Warnings.Add(binding.Container.At, $"no endpoint is posted for container {Quoted.Text(binding.Container.Value)}");
                continue;
            }

            foreach (var network in container.Endpoints)
            {
                var id = new EndpointId(network, container.Container);
                draft.Endpoints[id] = draft.Endpoints[id] with { Host = binding.Host.Value, AttachUuid = binding.AttachUuid };
            }
        }

        return draft.Finish();
    }

    private static void AddAll(Draft draft, Intent intent, bool isWhole)
    {
        HostAdditions.Add(draft, intent, isWhole);
        TenantAdditions.Add(draft, intent);
        NetworkAdditions.Add(draft, intent, isWhole);
        PolicyAdditions.Add(draft, intent, isWhole);
        EndpointAdditions.Add(draft, intent, isWhole);
    }
}
