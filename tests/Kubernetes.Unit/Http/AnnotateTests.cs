using System.Diagnostics;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Http;

public sealed class AnnotateTests
{
    private static readonly NamespacedName Name = new("shop", "a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, string?> Annotations = new() { ["k8s.v1.cni.cncf.io/network-status"] = "[]", ["io.contiv.old"] = null };

    [Fact]
    public async Task Only_the_annotations_named_are_sent_with_the_pods_uid()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, Texts.Pod("a", "2")));
        using var client = server.Client();

        Assert.True(await client.AnnotatePodAsync(Name, "uid-a", Annotations, Cancel));

        var call = Assert.Single(server.Calls);
        Assert.Equal(("PATCH", "/api/v1/namespaces/shop/pods/a"), (call.Method, call.Path));
        Assert.Equal("application/merge-patch+json", call.Headers["Content-Type"]);
        Assert.Equal("""{"metadata":{"uid":"uid-a","annotations":{"k8s.v1.cni.cncf.io/network-status":"[]","io.contiv.old":null}}}""", call.Body);
    }

    [Fact]
    public async Task A_node_is_annotated_by_its_name_alone_and_one_that_is_not_there_is_none()
    {
        await using var server = new FakeApiServer(call => call.Path.EndsWith("n1", StringComparison.Ordinal) ? call.ReplyAsync(200, "{}") : call.RefuseAsync(404, "no such node"));
        using var client = server.Client();

        Assert.True(await client.AnnotateNodeAsync("n1", Annotations, Cancel));
        Assert.False(await client.AnnotateNodeAsync("n2", Annotations, Cancel));

        var call = server.Calls.First();
        Assert.Equal(("PATCH", "/api/v1/nodes/n1"), (call.Method, call.Path));
        Assert.Equal("""{"metadata":{"annotations":{"k8s.v1.cni.cncf.io/network-status":"[]","io.contiv.old":null}}}""", call.Body);
    }

    [Fact]
    public async Task A_server_that_is_busy_or_fails_is_asked_again()
    {
        var calls = 0;
        await using var server = new FakeApiServer(call => ++calls switch
        {
            1 => call.RefuseAsync(429, "too many requests", "Retry-After: 1\r\n"),
            2 => call.RefuseAsync(500, "etcd timed out"),
            _ => call.ReplyAsync(200, Texts.Pod("a", "2")),
        });
        using var client = server.Client();

        var clock = Stopwatch.StartNew();
        Assert.True(await client.AnnotatePodAsync(Name, "uid-a", Annotations, Cancel));

        Assert.Equal(3, calls);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_given_up()
    {
        await using var server = new FakeApiServer(call => call.RefuseAsync(500, "etcd timed out"));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.AnnotatePodAsync(Name, "uid-a", Annotations, Cancel));

        Assert.True(e.IsTransient);
        Assert.Equal(5, server.Calls.Count);
    }

    [Theory]
    [InlineData(404, "uid-a", false, 1)]
    [InlineData(409, "uid-b", false, 2)]
    [InlineData(422, "uid-b", false, 2)]
    [InlineData(409, "uid-a", true, 3)]
    public async Task A_pod_that_is_gone_or_another_is_left_alone(int status, string uid, bool isDone, int calls)
    {
        var patches = 0;
        await using var server = new FakeApiServer(call => call.Method == "GET" || (++patches > 1)
            ? call.ReplyAsync(200, Texts.Pod("a", "2").Replace("uid-a", uid, StringComparison.Ordinal))
            : call.RefuseAsync(status, "no"));
        using var client = server.Client();

        Assert.Equal(isDone, await client.AnnotatePodAsync(Name, "uid-a", Annotations, Cancel));

        Assert.Equal(calls, server.Calls.Count);
    }

    [Fact]
    public async Task What_the_server_refuses_of_the_right_pod_is_an_error()
    {
        await using var server = new FakeApiServer(call => call.Method == "GET" ? call.ReplyAsync(200, Texts.Pod("a", "2")) : call.RefuseAsync(422, "too long"));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.AnnotatePodAsync(Name, "uid-a", Annotations, Cancel));

        Assert.Contains("too long", e.Message, StringComparison.Ordinal);
    }
}
