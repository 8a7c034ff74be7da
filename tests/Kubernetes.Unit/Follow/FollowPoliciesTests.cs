using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Policies;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;
using Netplugin.Tests.Support.ApiServers;
using static Netplugin.Tests.Support.ApiServers.Texts;

namespace Netplugin.Tests.Kubernetes.Unit.Follow;

/// <summary>Policies as they are followed: what cannot be read of one is told with it, and a kind that the server does not know is one without objects.</summary>
public sealed class FollowPoliciesTests
{
    [Fact]
    public async Task A_policy_comes_as_it_is_read_with_what_is_wrong_in_it()
    {
        await using var server = new FakeApiServer(call => call.IsWatch
            ? call.StreamAsync(Event("MODIFIED", Policy("""{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"x"}}]}]}""")))
            : call.ReplyAsync(200, List("10", Policy("""{"podSelector":{"matchLabels":{"app":"web"}}}"""))));
        using var client = server.Client();
        await using var follower = new Follower<PolicyReadResult<NetworkPolicy>>(client, Resource.NetworkPolicies);
        var name = new NamespacedName("shop", "p");

        await follower.NextAsync();
        Assert.Equal("app=web", follower.Objects[name].Policy!.PodSelector.ToString());
        Assert.Empty(follower.Objects[name].Problems);
        await follower.NextAsync();

        Assert.Equal("spec.ingress[0].from[0].ipBlock.cidr", Assert.Single(follower.Objects[name].Problems).Path);
        Assert.False(Assert.Single(follower.Objects[name].Policy!.Ingress!.Value).IsReadable);
        Assert.Equal("/apis/networking.k8s.io/v1/networkpolicies", server.Calls.First().Path);
    }

    [Fact]
    public async Task A_kind_that_the_server_does_not_know_has_no_objects_and_is_found_when_it_is_installed_and_when_it_goes()
    {
        var isInstalled = false;
        await using var server = new FakeApiServer(call => !Volatile.Read(ref isInstalled) ? call.RefuseAsync(404, "no such resource")
            : call.IsWatch ? WatchAsync(call)
            : call.ReplyAsync(200, List("10", """{"metadata":{"name":"p"},"spec":{"tier":"Admin","priority":1,"subject":{"namespaces":{}}}}""")));
        Task WatchAsync(FakeCall call)
        {
            Volatile.Write(ref isInstalled, false);
            return call.RefuseAsync(404, "no such resource any more");
        }

        using var client = server.Client();
        await using var follower = new Follower<PolicyReadResult<ClusterNetworkPolicy>>(client, Resource.ClusterNetworkPolicies);
        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Snapshot>();
        Assert.Empty(follower.Objects);

        Volatile.Write(ref isInstalled, true);
        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Snapshot>();
        Assert.Equal(["p"], follower.Names);

        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Snapshot>();
        Assert.Empty(follower.Objects);
    }

    [Fact]
    public async Task A_server_that_fails_is_another_thing_than_one_that_does_not_know_the_kind()
    {
        var status = 403;
        await using var server = new FakeApiServer(call => call.RefuseAsync(Volatile.Read(ref status), "no"));
        using var client = server.Client();
        await using var follower = new Follower<PolicyReadResult<ClusterNetworkPolicy>>(client, Resource.ClusterNetworkPolicies);

        var lost = await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Disconnected>();
        Assert.Contains("clusternetworkpolicies.policy.networking.k8s.io", lost.Reason, StringComparison.Ordinal);

        Volatile.Write(ref status, 404);
        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Snapshot>();
        Volatile.Write(ref status, 403);
        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Disconnected>();
        Volatile.Write(ref status, 404);
        await follower.NextAsync<ResourceEvent<PolicyReadResult<ClusterNetworkPolicy>>.Snapshot>();
    }

    private static string Policy(string spec) => $$$"""{"metadata":{"name":"p","namespace":"shop","resourceVersion":"11"},"spec":{{{spec}}}}""";
}
