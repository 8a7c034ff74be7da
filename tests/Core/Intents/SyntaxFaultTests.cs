using System.Text;
using System.Text.Json;
using CsCheck;
using Netplugin.Core.Intents;

namespace Netplugin.Tests.Core.Intents;

public sealed class SyntaxFaultTests
{
    private static readonly Gen<byte[]> Texts = Gen.OneOf(
        Gen.Byte.Array[0, 60],
        Gen.OneOf([.. "{}[]:,\"\\ntfrue-+.0e1 \n/'ax".Select(c => Gen.Const((byte)c))]).Array[0, 24],
        MutatedExample());

    [Theory]
    [InlineData("", "1:1: there is no JSON here; an intent is at least `{}`")]
    [InlineData("{", "1:2: the text ends, but the object that begins on line 1 lacks its `}`")]
    [InlineData("{\n\"Hosts\": [", "2:11: the text ends, but the array that begins on line 2 lacks its `]`")]
    [InlineData("{\"Hosts\": [1 2]}", "1:14: a comma or `]` was expected here, not `2`")]
    [InlineData("{\"Hosts\": [1,]}", "1:14: a comma before `]` is one too many")]
    [InlineData("{\"Hosts\": [],}", "1:14: a comma before `}` is one too many")]
    [InlineData("{\"Hosts\" []}", "1:10: a colon was expected after the field name, not `[`")]
    [InlineData("{Hosts: []}", "1:2: a field name in double quotes was expected here, not `H`")]
    [InlineData("{\"Hosts\": 'x'}", "1:11: text stands in double quotes, not in single ones")]
    [InlineData("// intent\n{}", "1:1: a value was expected here; JSON has no comments")]
    [InlineData("{} {}", "1:4: the intent ended before this; `{` does not belong here")]
    [InlineData("{\"a\": tru}", "1:7: a value was expected here; words without quotes are only true, false and null")]
    [InlineData("{\"a\": 01}", "1:7: a number does not begin with 0")]
    [InlineData("{\"a\": 1.}", "1:9: a digit is missing in this number")]
    [InlineData("{\"a\": \"x\n\"}", "1:9: this line ends inside a string; its closing quote is missing")]
    [InlineData("{\"a\": \"x", "1:9: the text ends inside the string that begins on line 1")]
    [InlineData("{\"a\": \"\\q\"}", "1:8: a backslash in a string is followed by one of \" \\ / b f n r t u")]
    [InlineData("{\"a\": \"\\u12g4\"}", "1:8: \\u is followed by four hexadecimal digits")]
    [InlineData("{\"é\": \"ü\" x}", "1:11: a comma or `}` was expected here, not `x`")]
    [InlineData("{\"a\": ü}", "1:7: a value was expected here, not a character outside ASCII")]
    public void A_fault_is_said_in_plain_words_at_its_place(string json, string error)
    {
        Assert.Equal(error, IntentReader.Read(Encoding.UTF8.GetBytes(json)).Errors[^1].ToString());
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        var json = "{\"x\":" + new string('[', 40);
        Assert.Equal("1:37: nested deeper than 32 levels", IntentReader.Read(Encoding.UTF8.GetBytes(json)).Errors[^1].ToString());
    }

    [Fact]
    public void The_scanner_finds_a_fault_exactly_where_the_framework_refuses_the_text()
    {
        Texts.Sample(text => Assert.Equal(FrameworkRefuses(text), SyntaxFault.Find(text, JsonCursor.MaxDepth) is not null), iter: 20_000);
    }

    [Fact]
    public void No_bytes_make_reading_throw_and_every_place_is_inside_the_text()
    {
        Texts.Sample(
            text =>
            {
                var intent = IntentReader.Read(text);
                var bindings = IntentReader.ReadBindings(text);
                Assert.NotEqual(intent.Succeeded, intent.Errors.Length > 0);
                Assert.NotEqual(bindings.Succeeded, bindings.Errors.Length > 0);
                var lines = Encoding.UTF8.GetString(text).Split('\n');
                foreach (var problem in intent.Errors.Concat(intent.Warnings).Concat(bindings.Errors).Concat(bindings.Warnings))
                {
                    Assert.InRange(problem.At.Line, 1, lines.Length);
                    Assert.InRange(problem.At.Column, 1, lines[problem.At.Line - 1].Length + 1);
                    Assert.DoesNotContain(problem.Message, char.IsControl);
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void Every_cut_of_an_example_is_refused_or_is_the_whole()
    {
        var text = ExampleFiles.Bytes("two_hosts_multiple_tenants.json").AsSpan().TrimEnd((byte)'\n').ToArray();
        for (var length = 0; length < text.Length; length++)
        {
            Assert.False(IntentReader.Read(text.AsSpan(0, length)).Succeeded);
        }

        Assert.True(IntentReader.Read(text).Succeeded);
    }

    private static bool FrameworkRefuses(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonCursor.MaxDepth });
            while (reader.Read())
            {
            }

            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static Gen<byte[]> MutatedExample()
    {
        var example = ExampleFiles.Bytes("multiple_eps_in_container.json");
        var change = Gen.Select(Gen.Int[0, example.Length - 1], Gen.Int[0, 3], Gen.Byte);
        return change.Array[0, 3].Select(changes =>
        {
            var bytes = example.ToList();
            foreach (var (at, kind, value) in changes)
            {
                var index = Math.Min(at, bytes.Count - 1);
                switch (kind)
                {
                    case 0:
                        bytes[index] = value;
                        break;
                    case 1:
                        bytes.RemoveAt(index);
                        break;
                    case 2:
                        bytes.Insert(index, "{}[]:,\"\\"u8[value % 8]);
                        break;
                    default:
                        bytes.RemoveRange(index, Math.Min(value, bytes.Count - index - 1));
                        break;
                }
            }

            return bytes.ToArray();
        });
    }
}
