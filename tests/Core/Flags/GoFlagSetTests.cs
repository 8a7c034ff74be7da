using CsCheck;
using Netplugin.Core.Flags;

namespace Netplugin.Tests.Core.Flags;

public sealed class GoFlagSetTests
{
    private readonly GoFlagSet _set = new("prog");
    private readonly GoFlag<string> _text;
    private readonly GoFlag<bool> _bool;
    private readonly GoFlag<int> _number;
    private readonly GoFlag<string> _choice;

    public GoFlagSetTests()
    {
        _text = _set.Text("tenant", "default", "The tenant.");
        _bool = _set.Boolean("cfg", "Post the file.");
        _number = _set.Number("len", 24, "Prefix length.");
        _choice = _set.Choice("oper", "", "What to do.", "get", "create");
    }

    [Fact]
    public void Nothing_given_means_defaults()
    {
        var result = _set.Parse([]);

        Assert.Null(result.Error);
        Assert.Equal("default", result.Get(_text));
        Assert.False(result.Get(_bool));
        Assert.Equal(24, result.Get(_number));
        Assert.Equal("", result.Get(_choice));
        Assert.False(result.IsSet(_text));
    }

    [Theory]
    [InlineData("-tenant one")]
    [InlineData("--tenant one")]
    [InlineData("-tenant=one")]
    [InlineData("--tenant=one")]
    [InlineData("-tenant two -tenant=one")]
    public void One_and_two_dashes_and_both_ways_to_give_a_value_are_equal(string line)
    {
        var result = _set.Parse(line.Split(' '));

        Assert.Null(result.Error);
        Assert.Equal("one", result.Get(_text));
        Assert.True(result.IsSet(_text));
        Assert.Empty(result.Positionals);
    }

    [Fact]
    public void A_boolean_never_takes_the_next_argument()
    {
        var result = _set.Parse(["-cfg", "false"]);

        Assert.True(result.Get(_bool));
        Assert.Equal(["false"], result.Positionals);
    }

    [Theory]
    [InlineData("-cfg=true", true)]
    [InlineData("-cfg=T", true)]
    [InlineData("-cfg=1", true)]
    [InlineData("-cfg=0", false)]
    [InlineData("--cfg=False", false)]
    public void A_boolean_takes_a_value_after_an_equals_sign(string argument, bool expected)
    {
        var result = _set.Parse([argument]);

        Assert.Null(result.Error);
        Assert.Equal(expected, result.Get(_bool));
    }

    [Fact]
    public void Reading_stops_at_the_first_positional()
    {
        var result = _set.Parse(["-cfg", "file.json", "-tenant", "one"]);

        Assert.Equal("default", result.Get(_text));
        Assert.Equal(["file.json", "-tenant", "one"], result.Positionals);
    }

    [Fact]
    public void A_lone_dash_is_a_positional()
    {
        Assert.Equal(["-"], _set.Parse(["-cfg", "-"]).Positionals);
    }

    [Fact]
    public void Two_dashes_end_the_flags()
    {
        var result = _set.Parse(["-cfg", "--", "-tenant"]);

        Assert.Null(result.Error);
        Assert.Equal(["-tenant"], result.Positionals);
    }

    [Fact]
    public void A_value_may_look_like_a_flag_or_hold_an_equals_sign()
    {
        Assert.Equal("-x", _set.Parse(["-tenant", "-x"]).Get(_text));
        Assert.Equal("a=b", _set.Parse(["-tenant=a=b"]).Get(_text));
        Assert.Equal("", _set.Parse(["-tenant="]).Get(_text));
    }

    [Theory]
    [InlineData("24", 24)]
    [InlineData("-1", -1)]
    [InlineData("+7", 7)]
    [InlineData("0", 0)]
    [InlineData("0x1F", 31)]
    [InlineData("017", 15)]
    [InlineData("0b101", 5)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("-2147483648", int.MinValue)]
    public void Numbers_are_read_with_Go_prefixes(string text, int expected)
    {
        var result = _set.Parse(["-len", text]);

        Assert.Null(result.Error);
        Assert.Equal(expected, result.Get(_number));
    }

    [Theory]
    [InlineData("-nope", "flag provided but not defined: -nope")]
    [InlineData("--nope=1", "flag provided but not defined: -nope")]
    [InlineData("---cfg", "bad flag syntax: ---cfg")]
    [InlineData("-=x", "bad flag syntax: -=x")]
    [InlineData("-tenant", "flag needs an argument: -tenant")]
    [InlineData("-cfg=maybe", "invalid boolean value \"maybe\" for -cfg: must be true or false")]
    [InlineData("-len=1.5", "invalid value \"1.5\" for flag -len: not a whole number")]
    [InlineData("-len=", "invalid value \"\" for flag -len: not a whole number")]
    [InlineData("-len=2147483648", "invalid value \"2147483648\" for flag -len: value out of range")]
    [InlineData("-oper=make", "invalid value \"make\" for flag -oper: must be one of get, create")]
    public void What_is_wrong_is_said_in_the_words_of_Go(string argument, string error)
    {
        Assert.Equal(error, _set.Parse([argument]).Error);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Help_is_asked_for_when_no_such_flag_is_defined(string argument)
    {
        var result = _set.Parse([argument]);

        Assert.True(result.HelpRequested);
        Assert.Null(result.Error);
    }

    [Fact]
    public void A_defined_help_flag_is_a_flag_like_any_other()
    {
        var help = _set.Boolean("help", "Show help.");

        var result = _set.Parse(["-help"]);

        Assert.False(result.HelpRequested);
        Assert.True(result.Get(help));
    }

    [Fact]
    public void A_name_can_be_defined_once()
    {
        Assert.Throws<ArgumentException>(() => _set.Boolean("tenant", ""));
    }

    [Fact]
    public void Usage_lists_every_flag_by_name_with_its_default()
    {
        Assert.Equal(
            """
            Usage of prog:
              -cfg
                    Post the file.
              -len int
                    Prefix length. (default 24)
              -oper get|create
                    What to do.
              -tenant string
                    The tenant. (default "default")

            """,
            _set.Usage());
    }

    [Fact]
    public void No_command_line_throws()
    {
        var word = Gen.OneOf(
            Gen.OneOf([.. new[] { "-", "--", "---", "-=", "-cfg", "-tenant", "-len", "-len=0x", "-oper=get", "-h", "" }.Select(Gen.Const)]),
            Gen.String[0, 6],
            Gen.String[0, 4].Select(s => "-" + s));
        word.Array[0, 6].Sample(arguments =>
        {
            var result = _set.Parse(arguments);
            Assert.True(result.Error is null || result.Positionals.IsEmpty);
        });
    }
}
