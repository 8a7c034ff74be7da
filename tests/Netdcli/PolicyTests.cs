using Netdcli;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

/// <summary><c>policy list</c> and <c>policy explain</c>.</summary>
public sealed class PolicyTests
{
    private static readonly ExplainedEnd Web = new("shop/web", "10.244.1.7", "_/default", "host1");
    private static readonly ExplainedEnd Redis = new("tenant-one/orange/redis", "10.244.2.7", "tenant-one/orange", "host2");
    private static readonly ExplainedDirection Free = new(true, "", "", "no policy decides", MapsAnswer.Same, "allowed: no policy decides");
    private static readonly ExplainedDirection Denied = new(
        false, "NetworkPolicy shop/redis", "default deny", "default deny: isolated by NetworkPolicy shop/redis, and no rule allows it", MapsAnswer.Elsewhere, "");
    private static readonly PolicyExplanation Answer = new("host1", Web, Redis, 6, 6379, false, "", Free, Denied, []);

    [Fact]
    public async Task A_list_says_whom_each_is_for_what_it_denied_and_what_is_wrong_with_it()
    {
        EnforcedPolicy[] all =
        [
            new("NetworkPolicy", "shop", "redis", "", null, true, 2, 1000, 74000, ["spec.ingress[0].ports[0].port: is no port"]),
            new("ClusterNetworkPolicy", "", "floor", "Admin", 3, false, 0, 0, 0, []),
        ];
        var (result, asked) = await RunAsync(new NodeReply.Policies([.. all]), "policy", "list", "-o", "wide");

        Assert.Equal((0, ""), (result.Exit, result.Error));
        Assert.IsType<NodeRequest.GetPolicies>(asked);
        Assert.Equal(
            """
            POLICY       KIND                   TIER    PRIORITY   ENDPOINTS   DENIED   BYTES   ENFORCED   PROBLEMS
            shop/redis   NetworkPolicy          -       -          2           1000     74000   yes        1
            floor        ClusterNetworkPolicy   Admin   3          0           0        0       no         -
            shop/redis: spec.ingress[0].ports[0].port: is no port

            """,
            result.Out);
        var json = (await RunAsync(new NodeReply.Policies([.. all]), "policy", "list", "-o", "json")).Result.Out;
        Assert.All(["\"deniedPackets\": 1000", "\"priority\": null", "\"enforced\": false"], part => Assert.Contains(part, json, StringComparison.Ordinal));
        Assert.StartsWith("There are no policies", (await RunAsync(new NodeReply.Policies([]), "policy", "list")).Result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_explanation_names_both_directions_the_rule_and_where_else_to_ask()
    {
        var (result, asked) = await RunAsync(new NodeReply.Explained(Answer), "policy", "explain", "--from", "shop/web", "--to", "shop/redis", "--port", "6379");

        Assert.Equal(new NodeRequest.ExplainPolicy("shop/web", "shop/redis", 6, 6379), asked);
        Assert.Equal(ExitCode.Denied, result.Exit);
        Assert.Equal(
            """
            shop/web (10.244.1.7 on host1) to tenant-one/orange/redis (10.244.2.7 on host2), tcp port 6379: DENIED
              egress of shop/web: allowed: no policy decides
                the maps of host1 say the same
              ingress of tenant-one/orange/redis: DENIED: default deny: isolated by NetworkPolicy shop/redis, and no rule allows it
                not compared with maps: ask netdcli on host2

            """,
            result.Out);
    }

    [Fact]
    public async Task The_exit_code_says_allowed_denied_or_that_what_is_enforced_differs()
    {
        Assert.Equal(0, (await ExplainAsync(Answer with { Allowed = true, Ingress = Free })).Exit);
        Assert.Equal(3, (await ExplainAsync(Answer with { Apart = "two networks", Egress = null, Ingress = null })).Exit);
        var differs = await ExplainAsync(Answer with { Allowed = true, Ingress = Free, Egress = Free with { Maps = MapsAnswer.Different, MapsReason = "denied: the endpoint is closed" } });
        Assert.Equal(4, differs.Exit);
        Assert.Contains("    THE MAPS OF host1 SAY SOMETHING ELSE: denied: the endpoint is closed\n", differs.Out, StringComparison.Ordinal);
        Assert.Contains("\nWARNING: what host1 enforces is not what its policies say.", differs.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("icmp", null, 1, 0)]
    [InlineData("udp", "53", 17, 53)]
    [InlineData("47", null, 47, 0)]
    [InlineData(null, null, 1, 0)]
    [InlineData(null, "80", 6, 80)]
    public async Task Traffic_is_what_protocol_and_port_say(string? protocol, string? port, byte number, ushort portNumber)
    {
        string[] options = [.. protocol is null ? [] : (string[])["--protocol", protocol], .. port is null ? [] : (string[])["--port", port]];
        var (_, asked) = await RunAsync(new NodeReply.Explained(Answer), ["policy", "explain", "--from", "a/b", "--to", "c/d", .. options]);

        Assert.Equal(new NodeRequest.ExplainPolicy("a/b", "c/d", number, portNumber), asked);
    }

    [Theory]
    [InlineData("icmp has no ports: leave --port out", "--protocol", "icmp", "--port", "5")]
    [InlineData("tcp has ports: give --port", "--protocol", "tcp")]
    [InlineData("\"tpc\" is no protocol", "--protocol", "tpc")]
    [InlineData("\"70000\" is no port: 1 to 65535", "--port", "70000")]
    [InlineData("\"0\" is no port: 1 to 65535", "--port", "0")]
    public async Task What_cannot_be_is_a_usage_error(string says, params string[] options)
    {
        var (result, asked) = await RunAsync(new NodeReply.Explained(Answer), ["policy", "explain", "--from", "a/b", "--to", "c/d", .. options]);

        Assert.Equal((2, null), (result.Exit, asked));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_the_daemon_does_not_know_is_not_done_and_says_why()
    {
        var (result, _) = await RunAsync(new NodeReply.Refused(NodeErrorCode.BadRequest, "host1 knows no endpoint a/b"), "policy", "explain", "--from", "a/b", "--to", "c/d");

        Assert.Equal((1, "netdcli: host1 knows no endpoint a/b\n"), (result.Exit, result.Error));
    }

    private static async Task<CliRun.Result> ExplainAsync(PolicyExplanation answer) => (await RunAsync(new NodeReply.Explained(answer), "policy", "explain", "--from", "a/b", "--to", "c/d", "--port", "1")).Result;

    private static async Task<(CliRun.Result Result, NodeRequest? Asked)> RunAsync(NodeReply answer, params string[] arguments)
    {
        NodeRequest? asked = null;
        await using var daemon = new FakeDaemon(request =>
        {
            asked = request;
            return answer;
        });
        var cli = new CliRun { Socket = daemon.Path };
        return (await Task.Run(() => cli.Run(arguments), TestContext.Current.CancellationToken), asked);
    }
}
