using System.Text.RegularExpressions;
using Netdcli.Legacy;
using Netdcli.Verbs;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed partial class HelpTests
{
    private readonly CliRun _cli = new();

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData]
    public void Help_teaches_on_stdout(params string[] arguments)
    {
        var result = _cli.Run(arguments);
        Assert.Equal(0, result.Exit);
        Assert.Empty(result.Error);
        Assert.All(["Exit codes:", "Environment:", "A first try:", "NETPLUGIN_ETCD_ENDPOINTS", "-cfg FILE"], part => Assert.Contains(part, result.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_verb_has_help_and_is_named_in_the_root_help()
    {
        var root = _cli.Run("--help").Out;
        foreach (var verb in RootVerb.Names)
        {
            Assert.Contains($"netdcli {verb}", root, StringComparison.Ordinal);
            var help = _cli.Run(verb, "--help");
            Assert.Equal(0, help.Exit);
            Assert.Contains("Usage:", help.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(help.Out.Split('\n'), line => line.Length > 140);
        }
    }

    [Fact]
    public void Every_flag_that_help_and_the_manual_name_exists()
    {
        var known = new LegacyFlags().Set.Flags.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var manual = File.ReadAllText(Path.Combine(Support.RepositoryRoot.Path, "docs", "netdcli.md"));
        foreach (var text in new[] { Teaching.Root, manual })
        {
            foreach (var name in Flag().Matches(text).Select(m => m.Groups[1].Value))
            {
                Assert.True(known.Contains(name) || name is "version", $"-{name} is not a flag");
            }
        }
    }

    [Fact]
    public void Every_flag_is_in_the_manual()
    {
        var manual = Flag().Matches(File.ReadAllText(Path.Combine(Support.RepositoryRoot.Path, "docs", "netdcli.md"))).Select(m => m.Groups[1].Value);
        Assert.Empty(new LegacyFlags().Set.Flags.Select(f => f.Name).Except(manual));
    }

    [Theory]
    [InlineData("gte", "did you mean \"get\"?")]
    [InlineData("staus", "did you mean \"status\"?")]
    [InlineData("frobnicate", "is not a verb")]
    public void An_unknown_verb_is_a_usage_error_that_names_the_nearest(string verb, string says)
    {
        var result = _cli.Run(verb);
        Assert.Equal(2, result.Exit);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Required command", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("completion", "tcsh")]
    [InlineData("-cfg", "")]
    [InlineData("diff", "-cfg", "")]
    public void A_refused_word_is_told_on_one_line_in_plain_words(params string[] arguments)
    {
        var result = _cli.Run(arguments);
        Assert.NotEqual(0, result.Exit);
        Assert.DoesNotContain("\\u00", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    [InlineData("-version")]
    public void Version_names_what_it_speaks(string word)
    {
        var result = _cli.Run(word);
        Assert.Equal(0, result.Exit);
        Assert.Matches(@"^netdcli \d+\.\d+\.\d+\S* \(store schema 2, node API 1\)\n$", result.Out);
    }

    // A flag of several letters after a blank or a parenthesis, as the texts write them.
    [GeneratedRegex(@"(?<=[\s(`])-([a-z][a-z]+(?:-[a-z]+)*)")]
    private static partial Regex Flag();
}
