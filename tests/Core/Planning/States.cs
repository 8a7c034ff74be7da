using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

/// <summary>Posts for tests, and states as lines.</summary>
internal static class States
{
    public static PlanResult TryPost(this ClusterState state, string json, PostMode mode = PostMode.Replace)
    {
        var read = IntentReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Empty(read.Errors);
        return Planner.Plan(state, read.Value!, mode);
    }

    public static PostPlan Plan(this ClusterState state, string json, PostMode mode = PostMode.Replace) => Succeeded(state.TryPost(json, mode));

    public static ClusterState Post(this ClusterState state, string json, PostMode mode = PostMode.Replace) => state.Plan(json, mode).After;

    public static ClusterState PostExample(this ClusterState state, string path, PostMode mode = PostMode.Replace) =>
        Succeeded(Planner.Plan(state, ExampleFiles.Intent(path), mode)).After;

    public static string[] Errors(this ClusterState state, string json, PostMode mode = PostMode.Replace)
    {
        var result = state.TryPost(json, mode);
        Assert.False(result.Succeeded);
        return [.. result.Errors.Select(e => e.ToString())];
    }

    public static PostPlan Succeeded(PlanResult result)
    {
        Assert.Empty(result.Errors);
        return result.Plan!;
    }

    /// <summary>The state after one change; the index of homes is checked beside it.</summary>
    public static (ClusterState State, ImmutableDictionary<(string, EndpointId), string> Homes) Apply(
        (ClusterState State, ImmutableDictionary<(string, EndpointId), string> Homes) before, StateChange change)
    {
        var (state, homes) = before;
        return change switch
        {
            StateChange.PutHost put => (state with { Hosts = state.Hosts.SetItem(put.Host.Name, put.Host) }, homes),
            StateChange.DeleteHost delete => (state with { Hosts = state.Hosts.Remove(delete.Previous.Name) }, homes),
            StateChange.PutTenant put => (state with { Tenants = state.Tenants.SetItem(put.Tenant.Name, put.Tenant) }, homes),
            StateChange.DeleteTenant delete => (state with { Tenants = state.Tenants.Remove(delete.Previous.Name) }, homes),
            StateChange.PutNetwork put => (state with { Networks = state.Networks.SetItem(put.Network.Id, put.Network) }, homes),
            StateChange.DeleteNetwork delete => (state with { Networks = state.Networks.Remove(delete.Previous.Id) }, homes),
            StateChange.DeleteLeases delete => (state with { Leases = state.Leases.Remove(delete.Previous.Network) }, homes),
            StateChange.PutGroup put => (state with { Groups = state.Groups.SetItem(put.Group.Name, put.Group) }, homes),
            StateChange.DeleteGroup delete => (state with { Groups = state.Groups.Remove(delete.Previous.Name) }, homes),
            StateChange.PutPolicy put => (state with { Policies = state.Policies.SetItem(put.Policy.Name, put.Policy) }, homes),
            StateChange.DeletePolicy delete => (state with { Policies = state.Policies.Remove(delete.Previous.Name) }, homes),
            StateChange.PutEndpoint put => (state with { Endpoints = state.Endpoints.SetItem(put.Endpoint.Id, put.Endpoint) }, homes),
            StateChange.DeleteEndpoint delete => (state with { Endpoints = state.Endpoints.Remove(delete.Previous.Id) }, homes),
            StateChange.PutContainer put => (state with { Containers = state.Containers.SetItem(put.Container.Container, put.Container) }, homes),
            StateChange.DeleteContainer delete => (state with { Containers = state.Containers.Remove(delete.Previous.Container) }, homes),
            StateChange.PutHome put => (state, homes.SetItem((put.Host, put.Endpoint), put.AttachUuid)),
            StateChange.DeleteHome delete => (state, homes.Remove((delete.Host, delete.Endpoint))),
            _ => throw new InvalidOperationException($"unknown change {change}"),
        };
    }

    /// <summary>Everything but the post number, one line a record.</summary>
    public static string Show(this ClusterState state)
    {
        var everything = state with { Post = new(0) };
        return string.Join('\n', PlanDescription.Lines(StateDiff.Compute(ClusterState.Empty, everything))
            .Concat(state.Containers.Values.OrderBy(c => c.Container, StringComparer.Ordinal)
                .Where(c => c.Endpoints.Length > 1)
                .Select(c => $"{c.Container}: {string.Join(' ', c.Endpoints)}")));
    }
}
