using System.Text;
using Netplugin.Store;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class DiffTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public void A_new_intent_is_all_pluses_and_nothing_is_written()
    {
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "diff", "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Contains("+ network tenant-one/orange vxlan 10001 11.1.0.0/24\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("+ endpoint tenant-one/purple/myContainer4 11.1.1.2\n", result.Out, StringComparison.Ordinal);
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Fact]
    public void What_is_posted_already_is_no_difference()
    {
        _cli.Post(Intents.Late);
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "diff", "-");
        Assert.Equal((0, ""), (result.Exit, result.Out));
    }

    [Fact]
    public void What_goes_is_a_minus_and_what_changes_a_tilde()
    {
        _cli.Post(Intents.Late);
        var result = _cli.RunWithInput("""{"Tenants": [{"Name": "tenant-one", "Networks": [{"Name": "orange", "Endpoints": [{"Container": "myContainer1"}]}]}]}"""u8.ToArray(), "diff", "-del-cfg", "-");
        Assert.Equal((1, "- endpoint tenant-one/orange/myContainer1 11.1.0.1\n"), (result.Exit, result.Out));
        var bindings = _cli.RunWithInput("""[{"Container": "myContainer1", "Host": "host1"}]"""u8.ToArray(), "diff", "-host-bindings-cfg", "-");
        Assert.Equal((1, "~ endpoint tenant-one/orange/myContainer1 host: none -> host1\n"), (bindings.Exit, bindings.Out));
    }

    [Fact]
    public void Lines_are_coloured_on_a_terminal()
    {
        _cli.OutIsTerminal = true;
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "diff", "-");
        Assert.Contains("\e[32m+ tenant", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-cfg", "/nonexistent/file.json")]
    [InlineData("-cfg", "-add-cfg", "-")]
    [InlineData("-cfg")]
    [InlineData("--nonsense", "-")]
    public void Trouble_is_two_as_with_diff(params string[] arguments) =>
        Assert.Equal(2, _cli.RunWithInput("{}"u8.ToArray(), ["diff", .. arguments]).Exit);

    [Fact]
    public void A_refused_file_and_an_unreachable_store_are_trouble_too()
    {
        Assert.Equal(2, _cli.RunWithInput("{"u8.ToArray(), "diff", "-").Exit);
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "gone");
        Assert.Equal(2, _cli.RunWithInput("{}"u8.ToArray(), "diff", "-").Exit);
    }

    [Fact]
    public void Validate_needs_no_store_and_tells_what_is_in_a_good_file()
    {
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "gone");
        var good = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "validate", "-");
        Assert.Equal((0, "stdin: good: 0 hosts, 1 tenants, 2 networks, 4 endpoints\n"), (good.Exit, good.Out));
        Assert.Equal(0, _cli.RunWithInput(""" [{"Container": "c", "Host": "h"}]"""u8.ToArray(), "validate", "-").Exit);
        var bad = _cli.RunWithInput("""[{"Container": "c", "Hots": "h"}]"""u8.ToArray(), "validate", "-");
        Assert.Equal(1, bad.Exit);
        Assert.StartsWith("stdin:1:", bad.Error, StringComparison.Ordinal);
        Assert.Equal(2, _cli.Run("validate").Exit);
    }
}
