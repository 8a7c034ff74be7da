using System.Text;
using System.Text.Json;
using CsCheck;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.Program;

public sealed class CniFormTests
{
    [Theory]
    [InlineData("""{"cniVersion":"0.4.0"}""", "0.4.0")]
    [InlineData("""{"cniVersion":"1.1.0"}""", "1.1.0")]
    [InlineData("""{"cniVersion":"9.9.9"}""", "1.1.0")]
    [InlineData("", "1.1.0")]
    public async Task Version_is_answered_without_a_daemon(string stdin, string version)
    {
        using var plugin = new Plugin();
        var ran = await plugin.CniAsync("VERSION", stdin);

        Assert.Equal((0, $$"""{"cniVersion":"{{version}}","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}"""), (ran.Exit, ran.Stdout));
    }

    [Fact]
    public async Task A_call_reaches_the_daemon_whole_with_the_namespace_as_a_descriptor_and_its_answer_is_printed()
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(0, "{\"the\":\"result\",\n\"ü\":1}"));
        plugin.Environment["CNI_ARGS"] = "K8S_POD_NAME=web;K8S_POD_NAMESPACE=blue";
        const string stdin = "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\n\t\"odd\":\"\\u0000 ü \\\" \\\\ /\"}";
        var ran = await plugin.CniAsync("ADD", stdin);

        Assert.Equal((0, "{\"the\":\"result\",\n\"ü\":1}"), (ran.Exit, ran.Stdout));
        var call = Assert.IsType<NodeRequest.RunCni>(await daemon.FinishAsync());
        Assert.Equal(
            new CniEnvironment("ADD", "c1", "/proc/self/ns/net", "eth0", "K8S_POD_NAME=web;K8S_POD_NAMESPACE=blue", "/opt/cni/bin"), call.Environment);
        Assert.Equal(stdin, call.Stdin);
        Assert.Equal(
            File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name,
            File.ResolveLinkTarget($"/proc/self/fd/{daemon.Descriptor!.DangerousGetHandle()}", false)!.Name);
    }

    [Fact]
    public async Task The_daemons_error_and_exit_code_are_printed_as_they_are()
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(1, """{"cniVersion":"1.1.0","code":100,"msg":"no endpoint"}"""));

        Assert.Equal(("1.1.0", 100, "no endpoint"), (await plugin.CniAsync("ADD")).Error);
    }

    [Fact]
    public async Task The_configurations_socket_wins_over_the_environments()
    {
        using var plugin = new Plugin();
        var other = Path.Combine(plugin.Folder, "other.sock");
        using var daemon = FakeDaemon.Replying(other, new NodeReply.Ran(0, "there"));

        var ran = await plugin.CniAsync("ADD", $$"""{"cniVersion":"1.0.0","name":"n","socket":"{{other}}"}""");
        Assert.Equal("there", ran.Stdout);
    }

    [Fact]
    public async Task A_delete_whose_namespace_is_gone_comes_without_a_descriptor()
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(0, ""));
        plugin.Environment["CNI_NETNS"] = "/nonexistent/namespace";

        Assert.Equal(0, (await plugin.CniAsync("DEL")).Exit);
        await daemon.FinishAsync();
        Assert.Null(daemon.Descriptor);
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("CHECK")]
    public async Task An_add_or_check_whose_namespace_is_gone_says_so(string command)
    {
        using var plugin = new Plugin();
        plugin.Environment["CNI_NETNS"] = "/nonexistent/namespace";

        Assert.Equal(3, (await plugin.CniAsync(command)).Error.Code);
    }

    [Theory]
    [InlineData("ADD", 11)]
    [InlineData("CHECK", 11)]
    [InlineData("GC", 11)]
    [InlineData("STATUS", 50)]
    public async Task Without_a_daemon_the_runtime_hears_to_try_again_and_where_the_daemon_was_looked_for(string command, int code)
    {
        using var plugin = new Plugin();
        var error = (await plugin.CniAsync(command)).Error;

        Assert.Equal(code, error.Code);
        Assert.Contains(plugin.Socket, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_without_a_daemon_is_recorded_for_the_next_one_and_succeeds()
    {
        using var plugin = new Plugin();
        Assert.Equal((0, ""), Short(await plugin.CniAsync("DEL")));
        Assert.Equal((0, ""), Short(await plugin.CniAsync("DEL")));
        plugin.Environment["CNI_IFNAME"] = "eth1";
        Assert.Equal((0, ""), Short(await plugin.CniAsync("DEL")));

        var files = Directory.GetFiles(plugin.Pending).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(["c1@eth0.json", "c1@eth1.json"], files.Select(Path.GetFileName));
        var call = Assert.IsType<NodeRequest.RunCni>(NodeCodec.DecodeRequest(await File.ReadAllBytesAsync(files[0], TestContext.Current.CancellationToken)));
        Assert.Equal(("DEL", "c1", "eth0"), (call.Environment.Command, call.Environment.ContainerId, call.Environment.IfName));
        Assert.Equal(Plugin.Config, call.Stdin);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files[0]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(plugin.Pending));
    }

    [Fact]
    public async Task A_delete_that_can_be_neither_done_nor_recorded_fails()
    {
        using var plugin = new Plugin();
        Directory.CreateDirectory(Path.GetDirectoryName(plugin.Pending)!);
        await File.WriteAllTextAsync(plugin.Pending, "in the way", TestContext.Current.CancellationToken);

        Assert.Equal(11, (await plugin.CniAsync("DEL")).Error.Code);
    }

    [Fact]
    public async Task A_daemon_that_refuses_the_request_itself_is_as_good_as_none()
    {
        using var plugin = new Plugin();
        using (var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Refused("version", "install programs of one release")))
        {
            var error = (await plugin.CniAsync("ADD")).Error;
            Assert.Equal((11, "install programs of one release"), (error.Code, error.Message));
        }

        using (var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Refused("version", "install programs of one release")))
        {
            Assert.Equal(0, (await plugin.CniAsync("DEL")).Exit);
            Assert.Single(Directory.GetFiles(plugin.Pending));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("00000000")]
    [InlineData("ffffffff00")]
    [InlineData("000000057b7d")]
    [InlineData("000000027b7d")] // {}
    [InlineData("00000003787878")]
    [InlineData("0000000f7b226b696e64223a2272616e227d")] // {"kind":"ran"}
    public async Task Nonsense_from_the_socket_is_an_error_to_try_again_after(string hex)
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Sending(plugin.Socket, Convert.FromHexString(hex));

        Assert.Equal(11, (await plugin.CniAsync("ADD")).Error.Code);
    }

    [Theory]
    [InlineData("ADD", "", 6)]
    [InlineData("ADD", "{", 6)]
    [InlineData("ADD", "[1]", 6)]
    [InlineData("ADD", "{} trailing", 6)]
    [InlineData("VERSION", "nonsense", 6)]
    [InlineData("ADD", """{"cniVersion":1}""", 7)]
    [InlineData("ADD", """{"cniVersion":"1.0.0","socket":[]}""", 7)]
    [InlineData("ADD", "{}", 1)]
    [InlineData("ADD", """{"cniVersion":"0.2.0"}""", 1)]
    [InlineData("DEL", """{"cniVersion":"1.2.0"}""", 1)]
    [InlineData("CHECK", """{"cniVersion":"0.3.1"}""", 1)]
    [InlineData("STATUS", """{"cniVersion":"1.0.0"}""", 1)]
    [InlineData("add", Plugin.Config, 4)]
    [InlineData("EXPLODE", Plugin.Config, 4)]
    public async Task Bad_input_is_an_error_object_with_the_specifications_code(string command, string stdin, int code)
    {
        using var plugin = new Plugin();

        Assert.Equal(code, (await plugin.CniAsync(command, stdin)).Error.Code);
        Assert.False(Directory.Exists(plugin.Pending));
    }

    [Theory]
    [InlineData("CNI_CONTAINERID", "")]
    [InlineData("CNI_CONTAINERID", "../../x")]
    [InlineData("CNI_CONTAINERID", "a/b")]
    [InlineData("CNI_NETNS", "")]
    [InlineData("CNI_IFNAME", "")]
    [InlineData("CNI_IFNAME", "a/b")]
    [InlineData("CNI_IFNAME", "an-interface-name-too-long")]
    public async Task A_wrong_variable_is_named(string variable, string value)
    {
        using var plugin = new Plugin();
        plugin.Environment[variable] = value;
        var error = (await plugin.CniAsync("ADD")).Error;

        Assert.Equal(4, error.Code);
        Assert.Contains(variable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_in_the_configurations_version_where_that_is_served()
    {
        using var plugin = new Plugin();
        Assert.Equal("0.4.0", (await plugin.CniAsync("ADD", """{"cniVersion":"0.4.0","name":"n"}""")).Error.Version);
        Assert.Equal("1.1.0", (await plugin.CniAsync("ADD", """{"cniVersion":"7"}""")).Error.Version);
    }

    [Fact]
    public async Task A_configuration_of_a_megabyte_or_of_invalid_text_is_refused()
    {
        using var plugin = new Plugin();
        Assert.Equal(7, (await plugin.CniAsync("ADD", "{\"a\":\"" + new string('x', 1 << 20) + "\"}")).Error.Code);
        Assert.Equal(6, (await plugin.CniAsync("ADD", [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'])).Error.Code);
    }

    [Fact]
    public async Task A_container_id_too_long_for_a_file_is_not_lost_silently()
    {
        using var plugin = new Plugin();
        plugin.Environment["CNI_CONTAINERID"] = new string('c', 300);

        Assert.Equal(11, (await plugin.CniAsync("DEL")).Error.Code);
    }

    [Fact]
    public async Task Damaged_configurations_always_end_in_an_error_object_and_nothing_else()
    {
        using var plugin = new Plugin();
        await Gen.Select(Gen.Int[0, Plugin.Config.Length - 1], Gen.Byte).SampleAsync(
            async (at, value) =>
            {
                var damaged = Encoding.UTF8.GetBytes(Plugin.Config);
                damaged[at] = value;
                var ran = await plugin.CniAsync("ADD", damaged);
                return ran.Exit == 1 && JsonDocument.Parse(ran.Stdout).RootElement.GetProperty("code").GetInt32() > 0;
            },
            iter: 150,
            threads: 1);
    }

    private static (int Exit, string Stdout) Short(Plugin.Ran ran) => (ran.Exit, ran.Stdout);
}
