using Netplugin.Kubernetes;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Http;

public sealed class SecretTests
{
    [Fact]
    public async Task Only_the_keys_named_are_sent_and_a_server_that_fails_is_asked_again()
    {
        var calls = 0;
        await using var server = new FakeApiServer(call => ++calls == 1 ? call.RefuseAsync(500, "etcd timed out") : call.ReplyAsync(200, "{}"));
        using var client = server.Client();

        await client.WriteSecretAsync(
            new("netplugin", "netplugin-etcd-client"), new Dictionary<string, byte[]> { ["ca.crt"] = "abc"u8.ToArray() }, TestContext.Current.CancellationToken);

        Assert.Equal(2, server.Calls.Count);
        var call = server.Calls.Last();
        Assert.Equal(("PATCH", "/api/v1/namespaces/netplugin/secrets/netplugin-etcd-client"), (call.Method, call.Path));
        Assert.Equal("application/merge-patch+json", call.Headers["Content-Type"]);
        Assert.Equal("""{"data":{"ca.crt":"YWJj"}}""", call.Body);
    }

    [Fact]
    public async Task What_is_sent_is_in_no_message()
    {
        await using var server = new FakeApiServer(call => call.RefuseAsync(403, "secrets \"netplugin-etcd-client\" is forbidden"));
        using var client = server.Client();

        var refused = await Assert.ThrowsAsync<KubernetesException>(() => client.WriteSecretAsync(
            new("netplugin", "netplugin-etcd-client"), new Dictionary<string, byte[]> { ["tls.key"] = "abc"u8.ToArray() }, TestContext.Current.CancellationToken));

        Assert.Equal(KubernetesFailure.Denied, refused.Reason);
        Assert.DoesNotContain("YWJj", refused.Message, StringComparison.Ordinal);
    }
}
