using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.Program;

public sealed class ExecFormTests
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("help", 1)]
    [InlineData("--help", 1)]
    [InlineData("setup", 1)]
    [InlineData("setup ns pod", 1)]
    [InlineData("teardown ns pod", 1)]
    [InlineData("init", 0)]
    [InlineData("status", 0)]
    [InlineData("capabilities", 0)]
    [InlineData("explode a b c", 0)]
    [InlineData("setup ns pod id", 2)] // no daemon
    [InlineData("status ns pod id", 2)]
    [InlineData("teardown ns pod ../id", 2)] // cannot be recorded under that name
    public async Task The_exit_code_is_the_originals_and_stdout_stays_empty(string arguments, int exit)
    {
        using var plugin = new Plugin();
        var ran = await plugin.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), []);

        Assert.Equal((exit, ""), (ran.Exit, ran.Stdout));
        Assert.Equal(exit != 0, ran.Stderr.Length > 0);
    }

    [Theory]
    [InlineData("setup")]
    [InlineData("teardown")]
    [InlineData("status")]
    public async Task An_action_is_forwarded_with_its_arguments_in_their_order(string action)
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(0, "answer"));
        var ran = await plugin.RunAsync([action, "default", "my pod", "0123abcd", "later kubelets pass more"], []);

        Assert.Equal((0, "answer"), (ran.Exit, ran.Stdout));
        var call = Assert.IsType<NodeRequest.RunExec>(await daemon.FinishAsync());
        Assert.Equal(action, call.Action);
        Assert.Equal(["default", "my pod", "0123abcd"], call.Arguments);
    }

    [Fact]
    public async Task The_daemons_exit_code_is_the_programs_and_its_reason_goes_to_stderr()
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(2, "", "the sandbox is unknown"));

        Assert.Equal(new Plugin.Ran(2, "", "k8contivnet: the sandbox is unknown\n"), await plugin.RunAsync(["setup", "a", "b", "c"], []));
    }

    [Fact]
    public async Task A_teardown_without_a_daemon_is_recorded_for_the_next_one()
    {
        using var plugin = new Plugin();
        Assert.Equal(0, (await plugin.RunAsync(["teardown", "default", "web", "0123abcd"], [])).Exit);

        var file = Assert.Single(Directory.GetFiles(plugin.Pending));
        var call = Assert.IsType<NodeRequest.RunExec>(NodeCodec.DecodeRequest(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        Assert.Equal("teardown", call.Action);
        Assert.Equal(["default", "web", "0123abcd"], call.Arguments);
    }
}
