using System.Text.Json.Nodes;
using Netplugin.NodeApi.Cni;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.Cni;

public sealed class CniHandlerTests
{
    private static readonly CniResult Made = new(
        [new CniInterface("np0000000001a", "02:00:00:00:00:01", Mtu: 1450), new CniInterface("eth0", "02:02:0b:01:00:01", "/n", 1450)],
        [new CniIp("11.1.0.1/24", "11.1.0.254", 1)],
        [new CniRoute("0.0.0.0/0", "11.1.0.254", Mtu: 1450)]);

    [Theory]
    [InlineData("0.3.1", """{"cniVersion":"0.3.1","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"version":"4","interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{}}""")]
    [InlineData("0.4.0", """{"cniVersion":"0.4.0","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"version":"4","interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{}}""")]
    [InlineData("1.0.0", """{"cniVersion":"1.0.0","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{}}""")]
    [InlineData("1.1.0", """{"cniVersion":"1.1.0","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01","mtu":1450},{"name":"eth0","mac":"02:02:0b:01:00:01","mtu":1450,"sandbox":"/n"}],"ips":[{"interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254","mtu":1450}],"dns":{}}""")]
    public async Task An_add_answers_in_the_shape_of_the_version(string version, string expected)
    {
        var ran = await RunAsync("ADD", $$"""{"cniVersion":"{{version}}","name":"n"}""", new FakePlugin(Made));

        Assert.Equal(0, ran.Exit);
        Assert.Equal(expected, ran.Stdout);
    }

    [Theory]
    [InlineData("""{"cniVersion":"1.1.0","interfaces":[{"name":"lo","mac":"00:00:00:00:00:00","mtu":65536,"sandbox":"/n","pciID":"0000:00:1f.6"}],"ips":[{"interface":0,"address":"127.0.0.1/8"}],"dns":{"nameservers":["10.0.0.10"]}}""", """{"cniVersion":"1.0.0","interfaces":[{"name":"lo","mac":"00:00:00:00:00:00","sandbox":"/n"},{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"interface":0,"address":"127.0.0.1/8"},{"interface":2,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{"nameservers":["10.0.0.10"]}}""")]
    [InlineData("""{"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.5/16","gateway":"10.1.0.1","routes":[{"dst":"10.9.0.0/16"}]}}""", """{"cniVersion":"1.0.0","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"address":"10.1.0.5/16","gateway":"10.1.0.1"},{"interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"10.9.0.0/16"},{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{}}""")]
    [InlineData("""{"cniVersion":"0.4.0","interfaces":[],"ips":[{"version":"6","interface":-1,"address":"fd00::5/64"}]}""", """{"cniVersion":"1.0.0","interfaces":[{"name":"np0000000001a","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:02:0b:01:00:01","sandbox":"/n"}],"ips":[{"address":"fd00::5/64"},{"interface":1,"address":"11.1.0.1/24","gateway":"11.1.0.254"}],"routes":[{"dst":"0.0.0.0/0","gw":"11.1.0.254"}],"dns":{}}""")]
    public async Task Chained_after_another_plugin_its_result_is_kept_in_front_and_converted(string previous, string expected)
    {
        var ran = await RunAsync("ADD", $$$"""{"cniVersion":"1.0.0","name":"n","prevResult":{{{previous}}}}""", new FakePlugin(Made));

        Assert.Equal(expected, ran.Stdout);
    }

    [Theory]
    [InlineData("DEL", "1.0.0", "delete")]
    [InlineData("GC", "1.1.0", "collect")]
    [InlineData("STATUS", "1.1.0", "status")]
    public async Task A_command_without_a_result_prints_nothing(string command, string version, string done)
    {
        var plugin = new FakePlugin(Made);
        var ran = await RunAsync(command, $$"""{"cniVersion":"{{version}}","name":"n","cni.dev/valid-attachments":[]}""", plugin);

        Assert.Equal(new NodeReply.Ran(0, ""), ran);
        Assert.Equal(done, plugin.Did);
    }

    [Fact]
    public async Task Check_passes_when_the_runtime_kept_what_add_answered()
    {
        var added = await RunAsync("ADD", """{"cniVersion":"1.0.0","name":"n"}""", new FakePlugin(Made));
        var ran = await RunAsync("CHECK", $$$"""{"cniVersion":"1.0.0","name":"n","prevResult":{{{added.Stdout}}}}""", new FakePlugin(Made));

        Assert.Equal(new NodeReply.Ran(0, ""), ran);
    }

    [Theory]
    [InlineData("02:02:0b:01:00:01", "02:02:0b:01:00:99", "MAC")]
    [InlineData("11.1.0.1/24", "11.1.0.7/24", "11.1.0.1/24")]
    [InlineData("\"eth0\"", "\"eth7\"", "eth0")]
    public async Task Check_names_what_differs(string was, string now, string named)
    {
        var added = await RunAsync("ADD", """{"cniVersion":"1.0.0","name":"n"}""", new FakePlugin(Made));
        var kept = added.Stdout.Replace(was, now, StringComparison.Ordinal);
        var ran = await RunAsync("CHECK", $$$"""{"cniVersion":"1.0.0","name":"n","prevResult":{{{kept}}}}""", new FakePlugin(Made));

        Assert.Equal(1, ran.Exit);
        var error = JsonNode.Parse(ran.Stdout)!;
        Assert.Equal(101, (int)error["code"]!);
        Assert.Contains(named, (string)error["details"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_an_object_in_the_configurations_version()
    {
        var plugin = new FakePlugin(Made) { Error = CniException.TryAgainLater("the store does not answer", "since 12:00") };
        var ran = await RunAsync("ADD", """{"cniVersion":"0.4.0","name":"n"}""", plugin);

        Assert.Equal(new NodeReply.Ran(1, """{"cniVersion":"0.4.0","code":11,"msg":"the store does not answer","details":"since 12:00"}"""), ran);
    }

    [Fact]
    public async Task What_cannot_be_read_is_answered_in_the_newest_version()
    {
        var ran = await RunAsync("ADD", "{", new FakePlugin(Made));

        Assert.Equal(1, ran.Exit);
        Assert.Equal("1.1.0", (string)JsonNode.Parse(ran.Stdout)!["cniVersion"]!);
    }

    [Fact]
    public void An_unexpected_failure_is_code_999_and_points_to_the_log()
    {
        var ran = CniHandler.Fail(new NodeRequest.RunCni(new("ADD"), """{"cniVersion":"1.0.0"}"""), new InvalidOperationException("boom"));

        Assert.Equal(999, (int)JsonNode.Parse(ran.Stdout)!["code"]!);
    }

    private static Task<NodeReply.Ran> RunAsync(string command, string stdin, ICniPlugin plugin) => CniHandler.RunAsync(
        new NodeRequest.RunCni(new CniEnvironment(command, "c1", "/n", "eth0", "", "/bin"), stdin), plugin, TestContext.Current.CancellationToken);

    private sealed class FakePlugin(CniResult result) : ICniPlugin
    {
        public string Did { get; private set; } = "";

        public CniException? Error { get; init; }

        public Task<CniResult> AddAsync(CniRequest request, CancellationToken cancellationToken) => Do("add");

        public Task DeleteAsync(CniRequest request, CancellationToken cancellationToken) => Do("delete");

        public Task<CniResult> CheckAsync(CniRequest request, CancellationToken cancellationToken) => Do("check");

        public Task CollectAsync(CniRequest request, CancellationToken cancellationToken) => Do("collect");

        public Task StatusAsync(CniRequest request, CancellationToken cancellationToken) => Do("status");

        private Task<CniResult> Do(string what)
        {
            Did = what;
            return Error is null ? Task.FromResult(result) : throw Error;
        }
    }
}
