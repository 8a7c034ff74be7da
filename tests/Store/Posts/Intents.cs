using System.Globalization;
using System.Text;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Tests.Store.Posts;

/// <summary>Intents to post, and what a state comes to in the store.</summary>
internal static class Intents
{
    /// <summary>A tenant with networks <c>n0..</c>, each with containers <c>c0..</c> named by network unless shared.</summary>
    public static Func<ClusterState, PlanResult> Plan(
        PostMode mode, int networks, int endpoints, int first = 0, string tenant = "t", bool shared = false, string host = "", bool isMoved = false)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            {"Hosts":[{"Name":"host1","VtepIp":"192.168.2.10"}],
             "Tenants":[{"Name":"{{tenant}}","DefaultNetType":"vxlan","SubnetPool":"10.0.0.0/8","AllocSubnetLen":24,"Vxlans":"10001-14000",
             "Policies":[{"Name":"p{{first}}","Rules":[{{string.Join(',', Enumerable.Range(first, networks).Select(Rule))}}]}],"Networks":[
            """);
        text.AppendJoin(',', Enumerable.Range(first, networks).Select(n =>
            $$"""
            {"Name":"n{{n}}","EndpointGroups":[{"Name":"g{{n}}","Policies":["p{{first}}"]},{"Name":"x{{n}}.{{endpoints}}"}],
             "Endpoints":[{{string.Join(',', Enumerable.Range(0, endpoints).Select(e => Endpoint(shared ? $"c{e}" : $"n{n}c{e}", n)))}}]}
            """));
        text.Append("]}]}");
        var read = IntentReader.Read(Encoding.UTF8.GetBytes(text.ToString()));
        Assert.True(read.Succeeded, string.Join('\n', read.Errors));
        return state => Planner.Plan(state, read.Value, mode);

        string Endpoint(string container, int n) => $$"""{"Container":"{{container}}","Group":"{{(isMoved ? $"x{n}.{endpoints}" : $"g{n}")}}"{{(host.Length > 0 ? $",\"Host\":\"{host}\"" : "")}}}""";

        // Another number of endpoints makes it another policy, and gives each network a group that was not there.
        string Rule(int n) => $$"""{"RuleID":"{{n}}","Direction":"in","Priority":{{1 + (endpoints % 100)}},"FromEndpointGroup":"g{{n}}","Action":"deny"}""";
    }

    /// <summary>Everything in a state, one line a record, for comparing.</summary>
    public static string[] Lines(ClusterState state) =>
    [
        $"post {state.Post.Number}",
        .. state.Hosts.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString),
        .. state.Tenants.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString),
        .. state.Networks.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString),
        .. state.Groups.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString),
        .. state.Policies.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString),
        .. state.Endpoints.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString).Order(StringComparer.Ordinal),
        .. state.Containers.Values.Select(RecordCodec.Encode).Select(Encoding.UTF8.GetString).Order(StringComparer.Ordinal),
    ];

    /// <summary>The keys that a state takes in the store, and no more.</summary>
    public static string[] Keys(ClusterState state) =>
    [.. new[]
    {
        [StoreKeys.Cluster, StoreKeys.Post],
        state.Hosts.Keys.Select(StoreKeys.Host),
        state.Tenants.Keys.Select(StoreKeys.Tenant),
        state.Networks.Keys.Select(StoreKeys.Network),
        state.Groups.Keys.Select(StoreKeys.Group),
        state.Policies.Keys.Select(StoreKeys.Policy),
        state.Endpoints.Keys.Select(StoreKeys.Endpoint),
        state.Containers.Keys.Select(StoreKeys.Container),
        state.Endpoints.Values.Where(endpoint => endpoint.Host.Length > 0).Select(endpoint => StoreKeys.Home(endpoint.Host, endpoint.Id)),
    }.SelectMany(keys => keys).Order(StringComparer.Ordinal)];
}
