using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class CompletionTests
{
    private readonly CliRun _cli = new();

    [Theory]
    [InlineData("get diff status validate policy observe node store dump completion version", "")]
    [InlineData("diff dump", "d")]
    [InlineData("all endpoints groups hosts networks nodes policies tenants", "get", "")]
    [InlineData("networks", "get", "ne")]
    [InlineData("json table wide yaml", "get", "endpoints", "-o", "")]
    [InlineData("json", "status", "--output", "j")]
    [InlineData("tenant-one", "get", "endpoints", "--tenant", "")]
    [InlineData("orange purple", "get", "networks", "")]
    [InlineData("orange-myContainer1 orange-myContainer3", "get", "ep", "orange")]
    [InlineData("--tenant", "get", "--te")]
    [InlineData("bash fish zsh", "completion", "")]
    [InlineData("accept-reset", "store", "")]
    [InlineData("forget", "node", "")]
    [InlineData("host1", "node", "forget", "")]
    [InlineData("list explain", "policy", "")]
    [InlineData("icmp sctp tcp udp", "policy", "explain", "--protocol", "")]
    [InlineData("tenant-one/orange/myContainer1 tenant-one/orange/myContainer3", "policy", "explain", "--from", "tenant-one/orange")]
    [InlineData(":file", "diff", "-cfg", "")]
    [InlineData(":file", "validate", "")]
    [InlineData(":file", "dump", "-o", "")]
    [InlineData(":file", "get", "--etcd-ca", "")]
    [InlineData("-cfg -construct -container-id", "-c")]
    [InlineData(":file", "-cfg", "")]
    [InlineData(":file", "-etcd-url", "http://x", "-add-cfg", "")]
    [InlineData("get", "-oper", "")]
    [InlineData("network", "-oper", "get", "-construct", "n")]
    [InlineData("purple-myContainer2 purple-myContainer4", "-oper", "get", "-construct", "endpoint", "purple")]
    [InlineData("get diff status validate policy observe node store dump completion version", "-etcd-url", "http://x", "")]
    [InlineData("networks", "-etcd-url", "http://x", "get", "net")]
    [InlineData("", "-nonsense", "")]
    [InlineData("", "get", "networks", "--nonsense", "x", "")]
    public void The_words_before_the_cursor_decide_what_may_follow(string expected, params string[] words)
    {
        _cli.Post(Intents.Late);
        _cli.Store.Put(StoreKeys.Node("host1"), RecordCodec.Encode(new NodeRecord("host1", IpAddr.Parse("192.168.2.10"), 1500, "0.1.0")));
        var result = _cli.Run(["__complete", .. words]);
        Assert.Equal(0, result.Exit);
        Assert.Equal(expected, string.Join(' ', result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Empty(result.Error);
    }

    [Fact]
    public void A_store_that_cannot_be_reached_gives_no_names_and_no_noise()
    {
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "gone");
        var result = _cli.Run("__complete", "get", "networks", "");
        Assert.Equal((0, "", ""), (result.Exit, result.Out, result.Error));
    }

    [Fact]
    public void An_unknown_shell_is_a_usage_error() => Assert.Equal(2, _cli.Run("completion", "tcsh").Exit);
}
