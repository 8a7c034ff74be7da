using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Resources;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Core.Resources;

/// <summary>The annotation by which a pod asks for further networks.</summary>
public sealed class NetworkSelectionTests
{
    private static readonly string[] Good =
    [
        "orange", " tenant-one/orange@net7 , purple", "a/b@c,d,e/f",
        """[{"name": "orange"}]""",
        """ [ {"name":"orange","namespace":"tenant-one","interface":"fast0","ips":["11.1.0.9/24","fd00::9"],"mac":"0A:00:00:00:00:01"}, {"name":"w\u0065b","ips":null,"mac":""} ]""",
    ];

    private static readonly Gen<string> Damaged = Damage.Of(
        Good,
        ["{}", "[]", "null", "5", "\"\"", "{", "}", "[", "]", ":", ",", "\"", "\\", "\\ud800", "\ud800", "\0", "/", "@", "\"ips\"", "\"name\"", "\u00e9\U0001f600", "true", "::", "0.0.0.0"],
        most: 4);

    [Theory]
    [InlineData(null, "")]
    [InlineData(" \n", "")]
    [InlineData("[]", "")]
    [InlineData("orange", "/orange@ [] 00:00:00:00:00:00")]
    [InlineData(" tenant-one/orange@net7 ,purple ", "tenant-one/orange@net7 [] 00:00:00:00:00:00; /purple@ [] 00:00:00:00:00:00")]
    [InlineData("""[{"name": "orange"}]""", "/orange@ [] 00:00:00:00:00:00")]
    [InlineData(
        """ [ {"mac":"0A:00:00:00:00:01","ips":["11.1.0.9/24","fd00::9"],"interface":"fast0","namespace":"tenant-one","name":"orange"} , {"name":"w\u0065b","ips":null,"mac":"","namespace":"","interface":null}]""",
        "tenant-one/orange@fast0 [11.1.0.9/24 fd00::9] 0a:00:00:00:00:01; /web@ [] 00:00:00:00:00:00")]
    public void Both_forms_are_read(string? text, string expected) => Assert.Equal(expected, string.Join("; ", NetworkSelection.Parse(text).Select(TextOf)));

    [Theory]
    [InlineData("a,,b", "element 2 (at character 3): the network's name must not be empty")]
    [InlineData("a, b/", "element 2 (at character 3): the network's name must not be empty")]
    [InlineData("a, /b", "element 2 (at character 3): \"/b\" is not of the form namespace/name@interface")]
    [InlineData("a@", "element 1 (at character 1): \"a@\" is not of the form")]
    [InlineData("a/b/c", "element 1 (at character 1): the network's name \"b/c\" may hold only letters")]
    [InlineData("a@b@c,d@0123456789abcdef", "element 2 (at character 7): the interface \"0123456789abcdef\" is not a device name of at most 15 characters")]
    [InlineData("a@lo", "element 1 (at character 1): the interface cannot be named lo")]
    [InlineData("a@default", "the interface cannot be named default")]
    [InlineData("a b", "the network's name \"a b\" may hold only letters")]
    [InlineData("""{"name":"a"}""", "it is no list of objects")]
    [InlineData("\"a\"", "it is no list of objects")]
    [InlineData("""["a"]""", "element 1 (at character 2): it is no object")]
    [InlineData("""[{"name":"a"}, {}]""", "element 2 (at character 16): the network's name must not be empty")]
    [InlineData("""[{"name":"a"}""", "it is no JSON from character 14 on")]
    [InlineData("""[{"name":"a"}] x""", "it is no JSON from character 16 on")]
    [InlineData("""[{"name":"\ud800"}]""", "it is no JSON from character 18 on")]
    [InlineData("""[{"name":"a","name":"b"}]""", "element 1, \"name\" (at character 14): it stands there twice")]
    [InlineData("""[{"name":"é","nam":"b"}]""", "element 1, \"nam\" (at character 14): there is no such key; known are name, namespace, interface, ips and mac")]
    [InlineData("""[{"name":"a","default-route":["11.1.0.1"]}]""", "element 1, \"default-route\" (at character 14): netplugin does not carry it out")]
    [InlineData("""[{"name":7}]""", "element 1, \"name\" (at character 3): it is no text")]
    [InlineData("""[{"name":"a","ips":"11.1.0.9"}]""", "element 1, \"ips\" (at character 14): it is no list of addresses")]
    [InlineData("""[{"name":"a","ips":["11.1.0"]}]""", "element 1, \"ips\" (at character 14): \"11.1.0\" is no address")]
    [InlineData("""[{"name":"a","ips":["::"]}]""", "\"::\" is no address")]
    [InlineData("""[{"name":"a","mac":"01:00:00:00:00:01"}]""", "element 1, \"mac\" (at character 14): \"01:00:00:00:00:01\" is no Ethernet address that one interface may have")]
    [InlineData("""[{"name":"a","mac":"00:00:00:00:00:00"}]""", "is no Ethernet address")]
    [InlineData("""[{"name":"a","mac":"0a:00:00:00:00"}]""", "is no Ethernet address")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "it names 17 networks; at most 16 are allowed")]
    public void What_is_neither_says_what_is_wrong_and_where(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => NetworkSelection.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("infiniband-guid")]
    [InlineData("bandwidth")]
    [InlineData("portMappings")]
    [InlineData("cni-args")]
    [InlineData("deviceID")]
    [InlineData("ipam-claim-reference")]
    public void What_is_of_the_standard_and_not_carried_out_is_refused_by_name(string key) => Assert.Contains(
        $"\"{key}\" (at character 14): netplugin does not carry it out",
        Assert.Throws<FormatException>(() => NetworkSelection.Parse($$"""[{"name":"a","{{key}}":null}]""")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_text_that_is_too_long_is_not_read() => Assert.Contains(
        "longer than 4096 characters", Assert.Throws<FormatException>(() => NetworkSelection.Parse(new string('a', NetworkSelection.Longest + 1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_text_is_read_or_refused_and_what_is_read_is_sound() => Damaged.Sample(
        text =>
        {
            try
            {
                Assert.All(NetworkSelection.Parse(text), selection =>
                {
                    Assert.Matches("^[A-Za-z0-9][A-Za-z0-9._-]*$", selection.Name);
                    Assert.Matches("^([A-Za-z0-9][A-Za-z0-9._-]*)?$", selection.Namespace);
                    Assert.InRange(selection.Interface.Length, 0, 15);
                    Assert.DoesNotContain(selection.Addresses, address => address.Address.IsUnspecified);
                    Assert.Equal(0UL, selection.Mac.Bits >> 40 & 1);
                });
            }
            catch (FormatException e)
            {
                Assert.DoesNotContain(e.Message, c => c is '\0' or '\n');
            }
        },
        iter: 20_000);

    [Fact]
    public void What_is_written_is_read() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 99], Gen.UInt, Gen.Bool).Array[0, 16].Sample(elements =>
    {
        var json = string.Join(',', elements.Select(e =>
            $$"""{"name":"n{{e.Item2}}"{{(e.Item1 > 0 ? ",\"namespace\":\"t\"" : "")}}{{(e.Item1 > 1 ? $",\"ips\":[\"{IpAddr.FromV4(e.Item3)}\"]" : "")}}{{(e.Item4 ? ",\"interface\":\"i\"" : "")}}}"""));
        var expected = elements.Select(e => $"{(e.Item1 > 0 ? "t" : "")}/n{e.Item2}@{(e.Item4 ? "i" : "")} [{(e.Item1 > 1 ? IpAddr.FromV4(e.Item3) : "")}] 00:00:00:00:00:00");
        Assert.Equal(expected, NetworkSelection.Parse($"[{json}]").Select(TextOf));
    });

    private static string TextOf(NetworkSelection s) =>
        $"{s.Namespace}/{s.Name}@{s.Interface} [{string.Join(' ', s.Addresses.Select(a => a.Length is { } length ? $"{a.Address}/{length}" : a.Address.ToString()))}] {s.Mac}";
}
