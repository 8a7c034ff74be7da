using System.Diagnostics;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Http;
using Netplugin.Kubernetes.Objects;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using static Netplugin.Tests.Support.ApiServers.Texts;
using Changed = Netplugin.Kubernetes.Follow.ResourceEvent<Netplugin.Kubernetes.Objects.Pod>.Changed;
using Disconnected = Netplugin.Kubernetes.Follow.ResourceEvent<Netplugin.Kubernetes.Objects.Pod>.Disconnected;
using Snapshot = Netplugin.Kubernetes.Follow.ResourceEvent<Netplugin.Kubernetes.Objects.Pod>.Snapshot;

namespace Netplugin.Tests.Kubernetes.Unit.Follow;

/// <summary>Following a resource of a server that does what a real one does only on a bad day.</summary>
public sealed class FollowTests
{
    [Fact]
    public async Task A_snapshot_comes_first_and_then_what_changes()
    {
        await using var server = new FakeApiServer(call => call.IsWatch
            ? call.StreamAsync(
                Event("ADDED", Pod("b", "11")),
                Event("MODIFIED", Pod("a", "12", """{"app":"web"}""")),
                Event("DELETED", Pod("b", "13")))
            : call.ReplyAsync(200, List("10", Pod("a", "3"))));
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods, ResourceSelector.OnNode("node-1") with { Labels = "app" });

        await follower.NextAsync<Snapshot>();
        Assert.Equal(["a"], follower.Names);
        while (!follower.Objects.Values.Any(pod => pod.Labels["app"] == "web") || follower.Objects.Count != 1)
        {
            await follower.NextAsync<Changed>();
        }

        Assert.All(server.Calls, call => Assert.Equal("/api/v1/pods", call.Path));
        Assert.All(server.Calls, call => Assert.Equal(("app", "spec.nodeName=node-1"), (call.Query["labelSelector"], call.Query["fieldSelector"])));
        var watch = server.Calls.Last();
        Assert.Equal("10", watch.Query["resourceVersion"]);
        Assert.Equal("true", watch.Query["allowWatchBookmarks"]);
        Assert.InRange(int.Parse(watch.Query["timeoutSeconds"], null), 300, 600);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages()
    {
        await using var server = new FakeApiServer(call => call.IsWatch ? call.StreamAsync() : call.Query.GetValueOrDefault("continue") switch
        {
            null => call.ReplyAsync(200, ListPart("10", "more/1", Pod("a", "1"))),
            "more/1" => call.ReplyAsync(200, ListPart("10", "more/2", Pod("b", "2"))),
            _ => call.ReplyAsync(200, List("10", Pod("c", "3"))),
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();

        Assert.Equal(["a", "b", "c"], follower.Names);
        Assert.All(server.Calls.Take(3), call => Assert.Equal("100", call.Query["limit"]));
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(410, "Gone")]
    [InlineData(500, "InternalError")]
    public async Task An_error_within_a_watch_leads_to_a_new_snapshot(int code, string reason)
    {
        var lists = 0;
        await using var server = new FakeApiServer(call => call.IsWatch
            ? call.Query["resourceVersion"] == "10"
                ? call.StreamAsync(Event("ADDED", Pod("b", "11")), Error(code, reason))
                : call.StreamAsync(Event("ADDED", Pod("d", "21")))
            : call.ReplyAsync(200, ++lists == 1 ? List("10", Pod("a", "1")) : List("20", Pod("c", "19"))));
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        while (await follower.NextAsync() is not Snapshot)
        {
        }

        Assert.Equal(["c"], follower.Names);
        await follower.NextAsync<Changed>();
        Assert.Equal(["c", "d"], follower.Names);
        Assert.Equal("20", server.Calls.Last().Query["resourceVersion"]);
    }

    [Fact]
    public async Task A_watch_that_cannot_begin_where_the_last_ended_leads_to_a_new_snapshot()
    {
        var lists = 0;
        await using var server = new FakeApiServer(call => (call.IsWatch, call.Query.GetValueOrDefault("resourceVersion")) switch
        {
            (false, _) => call.ReplyAsync(200, ++lists == 1 ? List("10") : List("60", Pod("a", "55"))),
            (_, "10") => SendAndEndAsync(call, Bookmark("50")),
            (_, "50") => call.RefuseAsync(410, "too old resource version"),
            _ => call.StreamAsync(),
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        await follower.NextAsync<Snapshot>();

        Assert.Equal(["a"], follower.Names);
    }

    [Fact]
    public async Task A_watch_that_ended_goes_on_behind_the_last_bookmark()
    {
        await using var server = new FakeApiServer(call => (call.IsWatch, call.Query.GetValueOrDefault("resourceVersion")) switch
        {
            (false, _) => call.ReplyAsync(200, List("10")),
            (_, "10") => SendAndEndAsync(call, Event("ADDED", Pod("a", "11")), Bookmark("50")),
            (_, "50") => call.StreamAsync(Event("ADDED", Pod("b", "51"))),
            _ => call.RefuseAsync(400, "not where the watch should go on"),
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        await follower.NextAsync<Changed>();
        await follower.NextAsync<Changed>();

        Assert.Equal(["a", "b"], follower.Names);
    }

    [Fact]
    public async Task A_server_that_has_gone_back_to_an_older_version_is_listed_again()
    {
        await using var server = new FakeApiServer(call => (call.IsWatch, call.Query.GetValueOrDefault("resourceVersion")) switch
        {
            (false, _) => call.ReplyAsync(200, List("12")),
            (_, "12") => SendAndCutAsync(call, Event("ADDED", Pod("a", "13")) + "\n", Event("DELETED", Pod("a", "14"))[..60]),
            (_, "13") => call.StreamAsync(Event("ADDED", Pod("b", "15"))),
            _ => call.RefuseAsync(400, "not where the watch should go on"),
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        await follower.NextAsync<Changed>();
        Assert.Contains("GET /api/v1/pods", (await follower.NextAsync<Disconnected>()).Reason, StringComparison.Ordinal);
        await follower.NextAsync<Snapshot>();
        Assert.Empty(follower.Names);
    }

    [Fact]
    public async Task A_connection_cut_within_a_line_goes_on_behind_the_last_whole_one()
    {
        await using var server = new FakeApiServer(call => (call.IsWatch, call.Query.GetValueOrDefault("resourceVersion")) switch
        {
            (false, _) => call.ReplyAsync(200, List(call.Query["limit"] == "1" ? "30" : "12")),
            (_, "12") => SendAndCutAsync(call, Event("ADDED", Pod("a", "13")) + "\n", Event("DELETED", Pod("a", "14"))[..60]),
            (_, "13") => call.StreamAsync(Event("ADDED", Pod("b", "15"))),
            _ => call.RefuseAsync(400, "not where the watch should go on"),
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        await follower.NextAsync<Changed>();
        await follower.NextAsync<Disconnected>();
        Assert.Empty((await follower.NextAsync<Changed>()).Changes);
        await follower.NextAsync<Changed>();

        Assert.Equal(["a", "b"], follower.Names);
    }

    [Fact]
    public async Task A_server_that_fails_again_and_again_is_reported_once()
    {
        var calls = 0;
        await using var server = new FakeApiServer(call => call.IsWatch ? call.StreamAsync()
            : ++calls <= 3 ? call.RefuseAsync(503, "etcd is not there") : call.ReplyAsync(200, List("10", Pod("a", "1"))));
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        Assert.Contains("etcd is not there", (await follower.NextAsync<Disconnected>()).Reason, StringComparison.Ordinal);
        await follower.NextAsync<Snapshot>();

        Assert.Equal(["a"], follower.Names);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_server_that_asks_for_time_gets_it_and_is_not_lost(int status)
    {
        // As one that was just taught the resource: to the list, and then to the watch.
        var (lists, watches) = (0, 0);
        var clock = Stopwatch.StartNew();
        await using var server = new FakeApiServer(call => (call.IsWatch ? ++watches : ++lists) == 1 ? call.RefuseAsync(status, "storage is (re)initializing", "Retry-After: 1\r\n")
            : call.IsWatch ? call.StreamAsync(Event("ADDED", Pod("a", "11"))) : call.ReplyAsync(200, List("10")));
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        await follower.NextAsync<Changed>();
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(40));
        Assert.Equal(["a"], follower.Names);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_server_that_asks_for_time_for_ever_is_lost(int status)
    {
        var refusals = 0;
        await using var server = new FakeApiServer(call => refusals++ < 4 ? call.RefuseAsync(status, "wait", "Retry-After: 0\r\n") : call.IsWatch ? call.StreamAsync() : call.ReplyAsync(200, List("10")));
        using var api = new ApiConnection(new ClusterAccess("the test", server.Url));
        var follow = new ResourceFollow<Pod>(api, new ApiDiscovery(api), Resource.Pods, default) { Patience = TimeSpan.FromMilliseconds(400) };
        await using var events = new EndlessReader<ResourceEvent<Pod>>(follow.RunAsync);

        Assert.Contains("wait", Assert.IsType<Disconnected>(await events.NextAsync()).Reason, StringComparison.Ordinal);
        Assert.InRange(refusals, 2, 4);
        Assert.IsType<Snapshot>(await events.NextAsync());
    }

    [Fact]
    public async Task A_refusal_says_which_right_is_missing_and_nothing_of_the_token()
    {
        await using var server = new FakeApiServer(call => call.RefuseAsync(403, "pods is forbidden: no"));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url) { Token = BearerToken.Fixed("s3cret") });
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        var reason = (await follower.NextAsync<Disconnected>()).Reason;

        Assert.Equal("s3cret", server.Calls.First().Token);
        Assert.Contains("verb \"list\" on \"pods\"", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_reported_and_listed_again()
    {
        var lists = 0;
        await using var server = new FakeApiServer(call => call.IsWatch
            ? call.StreamAsync(lists == 1 ? [Event("ADDED", Pod("b", "11")), "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":5}}}"] : [])
            : call.ReplyAsync(200, ++lists == 1 ? List("10") : List("20", Pod("c", "19"))));
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);

        await follower.NextAsync<Snapshot>();
        while (await follower.NextAsync() is not Disconnected)
        {
        }

        await follower.NextAsync<Snapshot>();
        Assert.Equal(["c"], follower.Names);
    }

    [Fact]
    public async Task A_reader_that_is_slow_makes_the_server_wait()
    {
        const int Events = 6_000;
        var sent = 0;
        await using var server = new FakeApiServer(async call =>
        {
            if (!call.IsWatch)
            {
                await call.ReplyAsync(200, List("10"));
                return;
            }

            await call.BeginAsync();
            for (var i = 1; i <= Events; i++)
            {
                await call.SendAsync(Event("MODIFIED", Pod("a", $"{10 + i}", $$"""{"filling":"{{new string('x', 5000)}}"}""")) + "\n");
                Volatile.Write(ref sent, i);
            }

            await call.HangAsync();
        });
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods);
        await follower.NextAsync<Snapshot>();
        await follower.NextAsync<Changed>();

        int seen = -1, still = 0;
        await Eventually.HoldsAsync("the server stands still", () =>
        {
            still = seen == Volatile.Read(ref sent) ? still + 1 : 0;
            seen = Volatile.Read(ref sent);
            return still >= 30;
        });

        // Some megabytes lie in the two sockets' buffers; all would be 30.
        Assert.InRange(seen, 1, Events * 3 / 4);
        var read = 0;
        while (Volatile.Read(ref sent) < Events)
        {
            read += (await follower.NextAsync<Changed>()).Changes.Length;
        }
    }

    [Theory]
    [InlineData("""{"versions":[{"version":"v1"},{"version":"v1beta1"}]}""", "/apis/discovery.k8s.io/v1/endpointslices")]
    [InlineData("""{"versions":[{"version":"v1beta1"}]}""", "/apis/discovery.k8s.io/v1beta1/endpointslices")]
    [InlineData("""{"versions":[{"version":"v1alpha1"}]}""", "/api/v1/endpoints")]
    [InlineData(null, "/api/v1/endpoints")]
    public async Task Endpoints_are_followed_in_the_best_form_the_server_has(string? group, string path)
    {
        await using var server = new FakeApiServer(call =>
            call.Path == "/apis/discovery.k8s.io" ? group is null ? call.RefuseAsync(404, "no such group") : call.ReplyAsync(200, group)
            : call.IsWatch ? call.StreamAsync() : call.ReplyAsync(200, List("10")));
        using var client = server.Client();
        await using (var follower = new Follower<ServiceEndpoints>(client, Resource.Endpoints))
        {
            await follower.NextAsync();
        }

        await using (var follower = new Follower<ServiceEndpoints>(client, Resource.Endpoints, new(Labels: "x")))
        {
            await follower.NextAsync();
        }

        Assert.Single(server.Calls, call => call.Path == "/apis/discovery.k8s.io");
        Assert.Equal(path, server.Calls.Last(call => !call.IsWatch).Path);
        Assert.Equal(
            "!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless,x", server.Calls.Last(call => !call.IsWatch).Query["labelSelector"]);
    }

    [Fact]
    public async Task A_server_that_was_upgraded_is_asked_again_what_it_has()
    {
        var isUpgraded = false;
        await using var server = new FakeApiServer(async call =>
        {
            if (call.Path == "/apis/discovery.k8s.io")
            {
                await call.ReplyAsync(200, $$"""{"versions":[{"version":"{{(isUpgraded ? "v1" : "v1beta1")}}"}]}""");
            }
            else if (isUpgraded && call.Path.Contains("v1beta1", StringComparison.Ordinal))
            {
                await call.RefuseAsync(404, "the server could not find the requested resource");
            }
            else if (call.IsWatch && !isUpgraded)
            {
                isUpgraded = true;
                await call.BeginAsync();
                await call.EndAsync();
            }
            else
            {
                await (call.IsWatch ? call.StreamAsync() : call.ReplyAsync(200, List("10")));
            }
        });
        using var client = server.Client();
        await using var follower = new Follower<ServiceEndpoints>(client, Resource.Endpoints);

        await follower.NextAsync<ResourceEvent<ServiceEndpoints>.Snapshot>();
        await follower.NextAsync<ResourceEvent<ServiceEndpoints>.Disconnected>();
        await follower.NextAsync<ResourceEvent<ServiceEndpoints>.Snapshot>();

        Assert.Equal("/apis/discovery.k8s.io/v1/endpointslices", server.Calls.Last(call => !call.IsWatch).Path);
    }

    [Fact]
    public async Task A_Service_that_becomes_headless_is_gone()
    {
        await using var server = new FakeApiServer(call => call.IsWatch
            ? call.StreamAsync(Event("MODIFIED", Service("11", "None")))
            : call.ReplyAsync(200, List("10", Service("9", "10.96.0.1"))));
        using var client = server.Client();
        await using var follower = new Follower<ServiceSpec>(client, Resource.Services);

        await follower.NextAsync();
        Assert.Equal(["web"], follower.Names);
        await follower.NextAsync();
        Assert.Empty(follower.Names);
    }

    private static string Service(string version, string clusterIp) =>
        $$$"""{"metadata":{"name":"web","namespace":"shop","resourceVersion":"{{{version}}}"},"spec":{"clusterIP":"{{{clusterIp}}}","ports":[{"port":80}]}}""";

    private static async Task SendAndEndAsync(FakeCall call, params string[] lines)
    {
        await call.BeginAsync();
        foreach (var line in lines)
        {
            await call.SendAsync(line + "\n");
        }

        await call.EndAsync();
    }

    private static async Task SendAndCutAsync(FakeCall call, string whole, string part)
    {
        await call.BeginAsync();
        await call.SendAsync(whole);
        await call.SendAsync(part);
        call.Cut();
    }
}
