using System.Text.Json;
using CsCheck;
using Netdcli.Output;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Netplugin.Tests.Netdcli;

public sealed class OutputTests
{
    // What YAML 1.1 or 1.2 readers take for a number, a boolean, nothing, or syntax.
    private static readonly string[] Traps =
        ["no", "True", "~", "null", "1e3", "0x10", "10:20:30", "1.2.3.4", "-", "- a", "a: b", "#", "", " a ", "\t", "é", "=", "<<"];

    [Fact]
    public void Any_text_comes_back_from_yaml_as_the_same_text_and_is_never_taken_for_something_else() =>
        Gen.OneOf(Gen.String, Gen.Int[0, Traps.Length - 1].Select(i => Traps[i]))
            .Where(IsText)
            .Sample(text =>
            {
                var scalar = Scalars(JsonSerializer.SerializeToElement(text))[0];
                return scalar.Value == text && (scalar.Style != ScalarStyle.Plain || char.IsAsciiLetter(text[0]));
            });

    [Fact]
    public void Yaml_keeps_names_order_numbers_and_nothing_at_all()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var document = JsonDocument.Parse("""{"b":1,"a":[],"c":{},"d":null,"e":[true,{"x":"y"}],"f":-1.5}""");
        YamlWriter.Write(output, document.RootElement);
        Assert.Equal(
            """
            b: 1
            a: []
            c: {}
            d: null
            e:
            - true
            - x: "y"
            f: -1.5

            """,
            output.ToString());
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(310, "5m10s")]
    [InlineData(3600, "1h")]
    [InlineData(12_000, "3h20m")]
    [InlineData(86_400 * 4 + 7200, "4d2h")]
    public void Ages_have_one_or_two_units(int seconds, string text) => Assert.Equal(text, Age.Of(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("gte", "get")]
    [InlineData("stauts", "status")]
    [InlineData("dmp", "dump")]
    [InlineData("xyzzy", null)]
    [InlineData("g", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_at_most_two_slips_away(string typed, string? expected) =>
        Assert.Equal(expected, Nearest.To(typed, ["get", "status", "dump"]));

    [Fact]
    public void A_long_table_takes_no_time_worth_telling()
    {
        Column<int>[] columns = [new("A", i => $"value {i}"), new("B", i => $"{i * 7}"), new("C", _ => "")];
        using var output = new StringWriter();
        TableWriter.Write(output, colour: true, wide: true, columns, [.. Enumerable.Range(0, 100_000)]);
        var lines = output.ToString().Split('\n');
        Assert.Equal(100_002, lines.Length);
        Assert.Equal("A             B        C", lines[0]);
        Assert.Equal("value 99999   699993   -", lines[100_000]);
    }

    // Lone surrogates are not text, and JSON cannot carry them.
    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static List<Scalar> Scalars(JsonElement element)
    {
        using var output = new StringWriter();
        YamlWriter.Write(output, element);
        var parser = new Parser(new StringReader(output.ToString()));
        var found = new List<Scalar>();
        while (parser.MoveNext())
        {
            if (parser.Current is Scalar scalar)
            {
                found.Add(scalar);
            }
        }

        return found;
    }
}
