using System.Text.Json;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

/// <summary><c>observe</c>: what it asks for, what it prints, and how it ends.</summary>
public sealed class ObserveTests
{
    private static readonly ObservedPacket Packet = new(
        FixedClock.Now.AddMilliseconds(123), "dropped", "policy", "NetworkPolicy shop/redis", "default deny", "ingress", "cluster", "np5", new("shop/web", "", "10.244.1.7", 4242),
        new("shop/redis", "", "10.244.1.8", 6379), null, "tcp", "SYN", 74);

    [Fact]
    public async Task A_packet_is_a_line_with_who_whom_and_by_which_rule()
    {
        var (result, _) = await RunAsync(
            [Packet, Packet with { Rule = "ingress 0", Backend = Packet.To, To = new("", "", "fd00::1", 80), From = new("", "", "02:02:0b:01:00:01", null), Reason = "address_spoof", Network = "" }], 0,
            "observe", "--count", "2");

        Assert.Equal((0, ""), (result.Exit, result.Error));
        Assert.Equal(
            """
            03:04:05.123 dropped policy tcp shop/web (10.244.1.7:4242) to shop/redis (10.244.1.8:6379) by NetworkPolicy shop/redis, default deny (ingress); cluster, 74 bytes, SYN
            03:04:05.123 dropped address_spoof tcp 02:02:0b:01:00:01 to [fd00::1]:80 at shop/redis (10.244.1.8:6379) by NetworkPolicy shop/redis, ingress 0; 74 bytes, SYN

            """,
            result.Out);
    }

    [Fact]
    public async Task Filters_are_the_daemons_to_apply()
    {
        var (_, asked) = await RunAsync(
            [Packet], 0, "observe", "--flows", "--pod", "a/b", "--from", "c/d", "--to", "10.1.0.1", "--port", "80", "--protocol", "udp", "--reason", "policy", "--policy", "shop/web", "--count", "1");

        Assert.Equal(new NodeRequest.Observe(true, new("a/b", "c/d", "10.1.0.1", 80, 17, "policy", "shop/web")), asked);
    }

    [Fact]
    public async Task Json_is_an_object_a_line_and_what_a_name_holds_does_not_steer_the_terminal()
    {
        var (result, _) = await RunAsync([Packet with { Policy = "a\u001b[31m" }], 0, "observe", "--count", "1", "-o", "json");

        using var read = JsonDocument.Parse(result.Out);
        Assert.Equal("shop/redis", read.RootElement.GetProperty("to").GetProperty("name").GetString());
        Assert.Single(result.Out, c => c == '\n');
        Assert.DoesNotContain('\u001b', result.Out);
    }

    [Fact]
    public async Task What_is_lost_is_said_and_the_time_limit_ends_it()
    {
        var (result, _) = await RunAsync([Packet], 900, "observe", "--timeout", "1s");
        Assert.Equal(0, result.Exit);
        Assert.Equal("900 packets were not shown, for there were too many: the counters have them all (\"netdcli policy list\", netplugin_drops_total)\n", result.Error);

        Assert.Equal(1, (await RunAsync([], 0, "observe", "--timeout", "1s", "--count", "1")).Result.Exit);
    }

    [Theory]
    [InlineData("--count", "1")]
    [InlineData("--timeout", "1s")]
    public async Task A_terminal_is_told_at_the_end_how_many_there_were(params string[] limit) => Assert.Equal(
        "1 packets shown, 0 not shown\n", (await RunAsync([Packet], 0, new CliRun { ErrorIsTerminal = true }, ["observe", .. limit])).Result.Error);

    [Theory]
    [InlineData("--timeout", "5")]
    [InlineData("--timeout", "0s")]
    [InlineData("--timeout", "5d")]
    [InlineData("--count", "0")]
    public async Task What_cannot_be_is_a_usage_error(params string[] options) => Assert.Equal(2, (await RunAsync([], 0, ["observe", .. options])).Result.Exit);

    [Fact]
    public void Without_a_daemon_it_says_so()
    {
        var result = new CliRun().Run("observe");
        Assert.Equal(1, result.Exit);
        Assert.Contains("the daemon is not running", result.Error, StringComparison.Ordinal);
    }

    private static Task<(CliRun.Result Result, NodeRequest? Asked)> RunAsync(ObservedPacket[] packets, long lost, params string[] arguments) =>
        RunAsync(packets, lost, new CliRun(), arguments);

    private static async Task<(CliRun.Result Result, NodeRequest? Asked)> RunAsync(ObservedPacket[] packets, long lost, CliRun cli, string[] arguments)
    {
        NodeRequest? asked = null;
        await using var daemon = new FakeDaemon(request =>
        {
            asked = request;
            return new NodeReply.Observed([.. packets], lost);
        });
        cli.Socket = daemon.Path;
        return (await Task.Run(() => cli.Run(arguments), TestContext.Current.CancellationToken), asked);
    }
}
