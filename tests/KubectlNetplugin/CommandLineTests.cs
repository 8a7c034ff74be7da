using KubectlNetplugin.Reading;
using Netdcli;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.KubectlNetplugin;

public sealed class CommandLineTests
{
    private readonly PluginRun _plugin = new PluginRun().WithPods("shop", Objects.Pod("web"), Objects.Pod("api"))
        .With("/api/v1/namespaces?limit=500", Texts.List("5", """{"metadata":{"name":"shop"}}""", """{"metadata":{"name":"prod"}}"""));

    [Theory]
    [InlineData("pods", "--kubeconfig", "/k", "--context", "c")]
    [InlineData("--kubeconfig", "/k", "--context=c", "pods")]
    public void The_cluster_is_named_as_kubectl_names_it(params string[] arguments)
    {
        Assert.Equal(0, _plugin.Run(arguments).Exit);
        Assert.Equal(new ClusterSelection("/k", "c"), _plugin.Selection);
    }

    [Theory]
    [InlineData("podds")]
    [InlineData("pods", "-o", "xml")]
    [InlineData("pods", "web", "-A")]
    [InlineData("pods", "-A", "-n", "shop")]
    public void What_is_not_understood_is_said_and_nothing_is_asked(params string[] arguments)
    {
        var result = _plugin.Run(arguments);
        Assert.Equal(2, result.Exit);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
        Assert.Empty(_plugin.Asked);
    }

    [Fact]
    public void What_the_server_refuses_is_said_in_its_own_words()
    {
        var result = _plugin.Run("pods", "gone");
        Assert.Equal((1, "kubectl netplugin: Error from server (NotFound): not found\n"), (result.Exit, result.Error));
    }

    [Theory]
    [InlineData("pods")]
    [InlineData("networks")]
    [InlineData("status")]
    public void Help_teaches(string command)
    {
        Assert.Contains($"kubectl netplugin {command}", _plugin.Run("--help").Out, StringComparison.Ordinal);
        Assert.Contains("Examples:", _plugin.Run(command, "--help").Out, StringComparison.Ordinal);
        Assert.Equal(_plugin.Run("--help").Out, _plugin.Run().Out);
    }

    [Theory]
    [InlineData("pods networks explain status version :4", "")]
    [InlineData("pods :4", "p")]
    [InlineData("api web :4", "pods", "")]
    [InlineData("web :4", "pods", "w")]
    [InlineData(":4", "pods", "web", "")]
    [InlineData("prod shop :4", "pods", "-n", "")]
    [InlineData("json table wide yaml :4", "status", "-o", "")]
    [InlineData("--check :4", "status", "--ch")]
    [InlineData("--kubeconfig :4", "networks", "--ku")]
    [InlineData(":0", "pods", "--kubeconfig", "")]
    public void Completion_answers_as_kubectl_wants_it(string expected, params string[] words) =>
        Assert.Equal(expected, _plugin.Run(["__complete", .. words]).Out.Trim().ReplaceLineEndings(" "));

    [Fact]
    public void Completion_is_silent_when_the_server_is_not_there()
    {
        var result = new PluginRun().Run("__complete", "pods", "");
        Assert.Equal((0, ":4\n", ""), (result.Exit, result.Out, result.Error));
    }

    [Fact]
    public async Task The_API_server_is_asked_by_kubectl_itself()
    {
        using var folder = new FakeKubectl(
            """
            case "$*" in
                "get --raw /p --kubeconfig /k --context c") echo '{"metadata":{"resourceVersion":"1"},"items":[]}' ;;
                "config view"*) printf prod ;;
                *) echo "Error from server (Forbidden): $*" >&2; exit 1 ;;
            esac
            """);
        var kubectl = new Kubectl(folder.Path, new("/k", "c"));

        Assert.Empty((await kubectl.ReadAsync("/p", Netplugin.Kubernetes.Follow.Resource.Pods.ReadPageAsync, Cancel)).Objects);
        Assert.Equal("prod", await kubectl.NamespaceAsync(Cancel));
        var refused = await Assert.ThrowsAsync<CliException>(() => kubectl.ReadAsync("/q", Netplugin.Kubernetes.Follow.Resource.Pods.ReadPageAsync, Cancel));
        Assert.StartsWith("Error from server (Forbidden): get --raw /q", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_none_and_a_kubectl_that_is_not_there_are_said()
    {
        using var folder = new FakeKubectl("echo '<html>'");
        var unreadable = await Assert.ThrowsAsync<CliException>(
            () => new Kubectl(folder.Path, default).ReadAsync("/p", Netplugin.Kubernetes.Follow.Resource.Pods.ReadPageAsync, Cancel));
        Assert.StartsWith("what the API server has at /p cannot be read", unreadable.Message, StringComparison.Ordinal);

        var missing = await Assert.ThrowsAsync<CliException>(
            () => new Kubectl("/nonexistent/kubectl", default).ReadAsync("/p", Netplugin.Kubernetes.Follow.Resource.Pods.ReadPageAsync, Cancel));
        Assert.Contains("have it in the PATH", missing.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private sealed class FakeKubectl : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-kubectl-").FullName;

        public FakeKubectl(string script)
        {
            File.WriteAllText(Path, $"#!/bin/sh\n{script}\n");
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        public string Path => System.IO.Path.Combine(_folder, "kubectl");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
