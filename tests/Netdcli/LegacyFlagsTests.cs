using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class LegacyFlagsTests
{
    private readonly CliRun _cli = new();

    [Theory]
    [InlineData(2, "flag provided but not defined: -unknown", "-unknown")]
    [InlineData(2, "must be one of", "-oper", "explode", "x")]
    [InlineData(2, "must be one of", "-construct", "tenant", "-oper", "get", "x")]
    [InlineData(2, "flag needs an argument: -oper", "-oper")]
    [InlineData(2, "invalid boolean value", "-cfg=maybe", "x")]
    [InlineData(2, "contradict", "-cfg", "-del-cfg", "x.json")]
    [InlineData(2, "put it first", "-cfg", "x.json", "-etcd-url", "http://127.0.0.1:1")]
    [InlineData(2, "put it first", "-cfg", "x.json", "--store-url=http://127.0.0.1:1")]
    [InlineData(2, "give -etcd-cert too", "-etcd-key", "a.pem", "-oper", "get", "-construct", "network", "x")]
    [InlineData(1, "file to post is missing", "-cfg")]
    [InlineData(1, "cannot be read", "-cfg", "/nonexistent/x.json")]
    [InlineData(1, "nothing to do", "-tenant", "x", "y")]
    [InlineData(1, "did you mean \"netdcli get\"?", "-tenant", "x", "gte")]
    [InlineData(1, "needs -construct", "-oper", "get", "x")]
    [InlineData(1, "exactly one id", "-oper", "get", "-construct", "network")]
    [InlineData(1, "exactly one id", "-oper", "get", "-construct", "network", "a", "b")]
    [InlineData(1, "-add-cfg", "-oper", "create", "-construct", "network", "x")]
    [InlineData(1, "-del-cfg", "-oper", "delete", "-construct", "endpoint", "x")]
    [InlineData(1, "not supported", "-oper", "attach", "-construct", "endpoint", "-container-id", "c", "x")]
    [InlineData(1, "get tenants", "-oper", "get", "-construct", "global", "x")]
    [InlineData(1, "get tenants", "-oper", "get", "-construct", "vlan-rsrc", "x")]
    [InlineData(1, "consul is not supported", "-state-store", "consul", "-cfg", "x")]
    [InlineData(0, "Usage of netdcli:", "-help")]
    [InlineData(0, "Usage of netdcli:", "-tenant", "t")]
    public void Each_command_line_ends_with_its_exit_code_and_says_why(int exit, string says, params string[] arguments)
    {
        var result = _cli.Run(arguments);
        Assert.True(exit == result.Exit, $"exit {result.Exit}: {result.Error}");
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Fact]
    public void Go_reads_one_dash_like_two_and_a_value_after_a_blank_like_one_after_an_equals_sign()
    {
        _cli.Post(Intents.TwoTenants);
        string[][] forms =
        [
            ["-oper", "get", "-construct", "endpoint", "-tenant", "blue", "web-c1"],
            ["--oper", "get", "--construct", "endpoint", "--tenant", "blue", "web-c1"],
            ["-oper=get", "--construct=endpoint", "-tenant=blue", "web-c1"],
            ["-oper=get", "-construct=endpoint", "-tenant=blue", "--", "web-c1"],
        ];
        Assert.All(forms, form => Assert.Equal(0, _cli.Run(form).Exit));
    }

    [Fact]
    public void A_lone_dash_is_standard_input_and_what_follows_the_file_is_told_as_not_read()
    {
        var result = _cli.RunWithInput("{}"u8.ToArray(), "-cfg", "-", "-tenant", "x");
        Assert.Equal(0, result.Exit);
        Assert.Contains("warning: not read: -tenant x", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_flags_may_stand_before_a_verb()
    {
        var result = _cli.Run("-etcd-url", "http://10.0.0.1:2379", "get", "networks");
        Assert.Equal(0, result.Exit);
        Assert.Equal("http://10.0.0.1:2379", _cli.Choice!.EtcdUrls);
    }

    [Fact]
    public void The_store_comes_from_the_flag_then_the_environment_then_the_local_daemon()
    {
        _cli.Run("get", "networks");
        Assert.True(_cli.Choice!.IsLocalDaemon);
        _cli.With("NETPLUGIN_ETCD_ENDPOINTS", "http://10.0.0.2:2379").With("NETPLUGIN_ETCD_CA", "/ca.pem");
        _cli.Run("get", "networks");
        Assert.Equal(("http://10.0.0.2:2379", "/ca.pem"), (_cli.Choice!.EtcdUrls, _cli.Choice.CaFile));
        _cli.Run("get", "networks", "-store-url", "http://10.0.0.3:2379");
        Assert.Equal("http://10.0.0.3:2379", _cli.Choice!.EtcdUrls);
        _cli.RunWithInput("{}"u8.ToArray(), "-store-url=http://10.0.0.4:2379", "-cfg", "-");
        Assert.Equal("http://10.0.0.4:2379", _cli.Choice!.EtcdUrls);
    }
}
