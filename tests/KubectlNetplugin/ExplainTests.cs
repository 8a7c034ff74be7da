using KubectlNetplugin.Reading;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.KubectlNetplugin;

/// <summary><c>explain</c>: the daemons of both ends' nodes are asked, and what they say together is the answer.</summary>
public sealed class ExplainTests
{
    private const string Question = "netplugin: netdcli policy explain --from shop/web --to shop/redis --port 6379";
    private readonly PluginRun _run = new PluginRun()
        .With("/api/v1/pods?limit=500&labelSelector=app.kubernetes.io%2Fname%3Dnetplugin", Texts.List("5", Daemon("np1", "node1"), Daemon("np2", "node2"), Objects.Pod("old", "node2", phase: "Failed")))
        .With("/api/v1/namespaces/shop/pods/web", Objects.Pod("web", "node1"))
        .With("/api/v1/namespaces/shop/pods/redis", Objects.Pod("redis", "node2"));

    [Fact]
    public void Both_nodes_are_asked_about_pods_of_the_contexts_namespace()
    {
        Answer("np1", 3, "false");
        Answer("np2", 3, "false");

        var result = _run.Run("explain", "--from", "web", "--to", "shop/redis", "--port", "6379");

        Assert.Equal((3, ""), (result.Exit, result.Error));
        Assert.Equal([$"netplugin/np1 {Question} -o json", $"netplugin/np1 {Question}", $"netplugin/np2 {Question} -o json", $"netplugin/np2 {Question}"], _run.Ran);
        Assert.StartsWith("node1 says:\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("\nnode2 says:\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_that_is_no_pod_is_looked_for_by_any_daemon_and_its_own_node_is_asked_then()
    {
        Answer("np1", 0, "true");
        Answer("np2", 0, "true");

        var result = _run.Run("explain", "--from", "tenant-one/orange/c1", "--to", "203.0.113.7", "--protocol", "icmp", "-o", "json");

        Assert.Equal(0, result.Exit);
        Assert.Equal(["netplugin/np1", "netplugin/np2"], _run.Ran.Select(ran => ran.Split(' ')[0]));
        using var read = System.Text.Json.JsonDocument.Parse(result.Out);
        Assert.Equal(2, read.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData(0, "true", 3, "false", "Note: node1 and node2 do not say the same")]
    [InlineData(0, "true", 4, "true", "")]
    public void Nodes_that_do_not_say_the_same_or_enforce_something_else_are_an_exit_code_of_their_own(int first, string allowed, int second, string other, string note)
    {
        Answer("np1", first, allowed);
        Answer("np2", second, other);

        var result = _run.Run("explain", "--from", "web", "--to", "redis", "--port", "6379");

        Assert.Equal(4, result.Exit);
        Assert.StartsWith(note, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_daemon_or_the_server_refuses_is_told_with_the_node()
    {
        _run.Answers["np1"] = new(1, "", "pods \"np1\" is forbidden: User \"u\" cannot create resource \"pods/exec\"");

        var result = _run.Run("explain", "--from", "web", "--to", "redis", "--port", "6379");

        Assert.Equal((1, "kubectl netplugin: node1: pods \"np1\" is forbidden: User \"u\" cannot create resource \"pods/exec\"\n"), (result.Exit, result.Error));
    }

    private static string Daemon(string name, string node) => Objects.Pod(name, node, kubernetesNamespace: "netplugin");

    private void Answer(string daemon, int exit, string allowed) => _run.Answers[daemon] = new ExecResult(
        exit, $$$"""{"allowed":{{{allowed}}},"from":{"node":"node1","network":"_/default"},"to":{"node":"node2","network":"_/default"} }""" + "\n", "");
}
