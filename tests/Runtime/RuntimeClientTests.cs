using System.Collections.Immutable;
using Netplugin.Runtime;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Runtimes;

namespace Netplugin.Tests.Runtime;

public sealed class RuntimeClientTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private RuntimeClient Client => fixture.Containerd.Client;

    private PodStarter Pods => fixture.Containerd.Pods;

    [Fact]
    public async Task The_runtime_tells_its_name_and_version() =>
        Assert.Matches(@"^containerd v?\d+\.\d+", await Client.GetVersionAsync(Cancel));

    [Fact]
    public async Task A_started_pod_is_listed_with_what_it_was_started_with()
    {
        var spec = new PodSpec("listed", Containerd.ToolsImage)
        {
            Namespace = "blue",
            Uid = "uid-of-listed",
            Labels = Map("io.contiv.tenant", "one"),
            Annotations = Map("note", "a \"quoted\" ü"),
        };
        var before = DateTimeOffset.UtcNow;
        var pod = await Pods.StartAsync(spec, Cancel);

        var sandbox = Assert.Single(await Client.ListSandboxesAsync(Cancel), s => s.Id == pod.SandboxId);
        Assert.Equal(("listed", "blue", "uid-of-listed", SandboxState.Ready), (sandbox.Name, sandbox.Namespace, sandbox.Uid, sandbox.State));
        Assert.Equal("one", sandbox.Labels["io.contiv.tenant"]);
        Assert.Equal("a \"quoted\" ü", sandbox.Annotations["note"]);
        Assert.InRange(sandbox.CreatedAt, before, DateTimeOffset.UtcNow);
        Assert.Equal(pod, await Pods.FindAsync("listed", "blue", Cancel));
        Assert.Null(await Pods.FindAsync("listed", "red", Cancel));
        Assert.Equal(sandbox.Uid, (await Client.GetSandboxAsync(pod.SandboxId, Cancel))!.Uid);
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
    }

    [Fact]
    public async Task The_namespace_found_is_the_pods_own()
    {
        var pod = await Pods.StartAsync(new PodSpec("own-namespace", Containerd.ToolsImage), Cancel);

        // The runtime runs in a node, whose paths and processes are not this process's: look with the node's eyes.
        var path = (await Client.GetSandboxInfoAsync(pod.SandboxId, Cancel))!.Value.Resolve(ExistsInNode);
        Assert.NotNull(path);
        var found = fixture.Node.Run("stat", "--dereference", "--format=net:[%i]", path).Succeeded().Trim();
        var inside = await Pods.ExecAsync(pod.ContainerId, ["readlink", "/proc/self/ns/net"], cancellationToken: Cancel);
        Assert.Equal(inside.Stdout.Trim(), found);
        Assert.NotEqual(fixture.Node.Run("readlink", "/proc/self/ns/net").Succeeded().Trim(), found);
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
    }

    [Fact]
    public async Task A_pod_in_the_nodes_network_has_no_namespace_to_attach_to()
    {
        var pod = await Pods.StartAsync(new PodSpec("host-network", Containerd.ToolsImage) { HostNetwork = true }, Cancel);

        Assert.Null(await Client.GetNetworkNamespaceAsync(pod.SandboxId, Cancel));
        Assert.True((await Client.GetSandboxInfoAsync(pod.SandboxId, Cancel))!.Value.SharesHostNetwork);
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
    }

    [Fact]
    public async Task A_stopped_pod_is_listed_as_not_ready_until_it_is_removed()
    {
        var pod = await Pods.StartAsync(new PodSpec("stopped", Containerd.ToolsImage), Cancel);
        await Pods.StopAsync(pod.SandboxId, Cancel);
        await Pods.StopAsync(pod.SandboxId, Cancel);

        Assert.Equal(SandboxState.NotReady, (await Client.GetSandboxAsync(pod.SandboxId, Cancel))!.State);
        Assert.Null(await Client.GetNetworkNamespaceAsync(pod.SandboxId, Cancel));
        Assert.Null(await Pods.FindAsync("stopped", null, Cancel));

        await Pods.RemoveAsync(pod.SandboxId, Cancel);
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
        Assert.DoesNotContain(await Client.ListSandboxesAsync(Cancel), s => s.Id == pod.SandboxId);
    }

    [Fact]
    public async Task An_unknown_sandbox_is_none_and_no_error()
    {
        Assert.Null(await Client.GetSandboxAsync("0123456789ab", Cancel));
        Assert.Null(await Client.GetNetworkNamespaceAsync("0123456789ab", Cancel));
    }

    [Fact]
    public async Task A_command_in_a_pod_tells_its_exit_code_and_what_it_wrote()
    {
        var pod = await Pods.StartAsync(new PodSpec("exec", Containerd.ToolsImage), Cancel);
        var result = await Pods.ExecAsync(pod.ContainerId, ["sh", "-c", "echo out; echo err >&2; hostname; exit 7"], cancellationToken: Cancel);

        Assert.Equal(new ExecResult(7, "out\nexec\n", "err\n"), result);
        await Assert.ThrowsAsync<RuntimeException>(() =>
            Pods.ExecAsync(pod.ContainerId, ["sleep", "60"], TimeSpan.FromSeconds(1), Cancel));
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
    }

    [Fact]
    public async Task A_container_that_ends_at_once_leaves_no_pod()
    {
        var refused = await Assert.ThrowsAsync<RuntimeException>(() =>
            Pods.StartAsync(new PodSpec("broken", Containerd.ToolsImage) { Command = ["/no/such/program"] }, Cancel));

        Assert.Equal(RuntimeFailure.Failed, refused.Kind);
        Assert.DoesNotContain(await Client.ListSandboxesAsync(Cancel), s => s.Name == "broken");
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_refused_by_name()
    {
        var refused = await Assert.ThrowsAsync<RuntimeException>(() => Pods.StartAsync(new PodSpec("no-image", "localhost/none:1"), Cancel));

        Assert.Contains("localhost/none:1", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Containerd.ToolsImage, await Pods.ListImagesAsync(Cancel));
    }

    [Fact]
    public async Task A_restarted_runtime_is_asked_again_by_the_same_client()
    {
        var pod = await Pods.StartAsync(new PodSpec("survivor", Containerd.ToolsImage), Cancel);
        await fixture.Containerd.RestartAsync();

        Assert.Equal(SandboxState.Ready, (await Client.GetSandboxAsync(pod.SandboxId, Cancel))!.State);
        await Pods.RemoveAsync(pod.SandboxId, Cancel);
    }

    [Fact]
    public async Task A_runtime_that_is_not_there_is_unreachable_and_named()
    {
        using var nobody = new RuntimeClient("unix:///nobody/listens.sock", TimeSpan.FromSeconds(2));
        var failed = await Assert.ThrowsAsync<RuntimeException>(() => nobody.ListSandboxesAsync(Cancel));

        Assert.True(failed.IsTransient);
        Assert.Contains("/nobody/listens.sock", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_network_plugin_says_reaches_the_caller()
    {
        fixture.Containerd.SetNetworkConfiguration("""{"cniVersion":"1.0.0","name":"none","plugins":[{"type":"no-such-plugin"}]}""");
        try
        {
            await Eventually.HoldsAsync("the plugin's absence to be told", async () =>
            {
                try
                {
                    var pod = await Pods.StartSandboxAsync(new PodSpec("refused", Containerd.ToolsImage), Cancel);
                    await Pods.RemoveAsync(pod.SandboxId, Cancel);
                    return false;
                }
                catch (RuntimeException e)
                {
                    return e.Message.Contains("no-such-plugin", StringComparison.Ordinal);
                }
            });
        }
        finally
        {
            fixture.Containerd.SetNetworkConfiguration(Containerd.LoopbackOnly);
            await Eventually.HoldsAsync("the loopback configuration to work again", async () =>
            {
                var pod = await Pods.StartSandboxAsync(new PodSpec("accepted", Containerd.ToolsImage), Cancel);
                await Pods.RemoveAsync(pod.SandboxId, Cancel);
                return true;
            });
        }
    }

    private bool ExistsInNode(string path) => fixture.Node.Run("test", "-e", path).ExitCode == 0;

    private static ImmutableDictionary<string, string> Map(string key, string value) =>
        ImmutableDictionary<string, string>.Empty.Add(key, value);
}
