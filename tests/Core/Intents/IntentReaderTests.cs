using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Tests.Core.Intents;

public sealed class IntentReaderTests
{
    private static IntentReadResult<Intent> Read(string json) => IntentReader.Read(Encoding.UTF8.GetBytes(json));

    private static string[] Errors(string json) => [.. Read(json).Errors.Select(e => e.ToString())];

    private static string Tenant(string fields) => $$"""{"Tenants":[{"Name":"t",{{fields}}}]}""";

    private static string Network(string fields) => Tenant($$"""
        "Networks":[{"Name":"n",{{fields}}}]
        """.Trim());

    [Fact]
    public void Every_field_is_read_with_its_place()
    {
        var result = Read("""
            {
              "Hosts": [ { "Name": "host1", "VtepIP": "192.168.2.10", "Intf": "eth2" } ],
              "Tenants": [ {
                "Name": "one", "DefaultNetType": "vxlan", "SubnetPool": "11.1.2.3/16", "AllocSubnetLen": 24,
                "VLANs": "300, 11 - 28,29", "VXLANs": "10001-14000",
                "Networks": [ {
                  "Name": "orange", "PktTagType": "vlan", "PktTag": "12", "SubnetCIDR": "10.9.9.1/24", "DefaultGw": "10.9.9.254",
                  "Endpoints": [ { "Container": "c1", "Host": "host1", "AttachUUID": "abc", "IPAddress": "10.9.9.7" } ]
                } ]
              } ]
            }
            """);

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        var host = Assert.Single(result.Value!.Hosts);
        Assert.Equal(new Located<string>("host1", new(2, 24)), host.Name);
        Assert.Equal(IpAddr.Parse("192.168.2.10"), host.Vtep!.Value.Value);
        Assert.Equal("eth2", host.Interface!.Value.Value);
        var tenant = Assert.Single(result.Value.Tenants);
        Assert.Equal(Encap.Vxlan, tenant.DefaultEncap!.Value.Value);
        Assert.Equal(new(IpPrefix.Parse("11.1.0.0/16"), new(4, 61)), tenant.SubnetPool);
        Assert.Equal(24, tenant.AllocSubnetLength!.Value.Value);
        Assert.Equal([new(11, 29), new(300, 300)], tenant.Vlans!.Value.Value);
        Assert.Equal([new(10001, 14000)], tenant.Vxlans!.Value.Value);
        var network = Assert.Single(tenant.Networks);
        Assert.Equal(Encap.Vlan, network.Encap!.Value.Value);
        Assert.Equal(12u, network.Tag!.Value.Value);
        Assert.Equal(IpPrefix.Parse("10.9.9.1/24"), network.Subnet!.Value.Value);
        Assert.Equal(IpAddr.Parse("10.9.9.254"), network.Gateway!.Value.Value);
        var endpoint = Assert.Single(network.Endpoints);
        Assert.Equal("c1", endpoint.Container.Value);
        Assert.Equal("host1", endpoint.Host!.Value.Value);
        Assert.Equal("abc", endpoint.AttachUuid!.Value.Value);
        Assert.Equal(IpAddr.Parse("10.9.9.7"), endpoint.Address!.Value.Value);
    }

    [Theory]
    [InlineData("VtepIp")]
    [InlineData("vtepip")]
    [InlineData("VTEPIP")]
    [InlineData("\\u0056tepIP")]
    public void Field_names_match_without_regard_to_case(string spelling)
    {
        var result = Read($$"""{"hosts":[{"NAME":"h","{{spelling}}":"10.0.0.1"}]}""");

        Assert.Empty(result.Errors);
        Assert.Equal(IpAddr.Parse("10.0.0.1"), result.Value!.Hosts[0].Vtep!.Value.Value);
    }

    [Theory]
    [InlineData("\"PktTag\":\"7\"")]
    [InlineData("\"PktTag\":7")]
    public void A_tag_is_a_string_or_a_number(string field)
    {
        Assert.Equal(7u, Read(Network(field)).Value!.Tenants[0].Networks[0].Tag!.Value.Value);
    }

    [Fact]
    public void Gateway_is_another_spelling_of_DefaultGw()
    {
        Assert.Equal(IpAddr.Parse("10.0.0.1"), Read(Network("\"Gateway\":\"10.0.0.1\"")).Value!.Tenants[0].Networks[0].Gateway!.Value.Value);
        Assert.Equal(
            ["1:72: field \"DefaultGw\" is given twice in this network"],
            Errors(Network("\"DefaultGw\":\"10.0.0.1\",\"Gateway\":\"10.0.0.1\"")));
    }

    [Fact]
    public void Empty_and_null_values_mean_not_given()
    {
        var network = Read(Network(
            """
            "PktTagType":"","PktTag":null,"SubnetCIDR":"","DefaultGw":null,"Endpoints":[{"Container":"c","Host":"","IPAddress":"","AttachUUID":""}]
            """)).Value!.Tenants[0].Networks[0];

        Assert.Null(network.Encap);
        Assert.Null(network.Tag);
        Assert.Null(network.Subnet);
        Assert.Null(network.Gateway);
        Assert.Null(network.Endpoints[0].Host);
        Assert.Null(network.Endpoints[0].Address);
        Assert.Null(network.Endpoints[0].AttachUuid);
        Assert.Empty(Read("""{"Hosts":null,"Tenants":null}""").Value!.Tenants);
        Assert.Empty(Read("{}").Value!.Hosts);
    }

    [Fact]
    public void A_byte_order_mark_is_stepped_over()
    {
        Assert.True(IntentReader.Read("\ufeff{}"u8).Succeeded);
        Assert.Equal("1:1: the file is UTF-16; save it as UTF-8", IntentReader.Read(Encoding.Unicode.GetPreamble()).Errors[0].ToString());
    }

    [Fact]
    public void What_has_no_effect_is_a_warning()
    {
        var result = Read("""
            {"InfraNetworks":[{"Name":"infra","PktTag":[1]}],"HostBindings":[{}],
            "Hosts":[{"Name":"h","NetID":"x"}],
            "Tenants":[{"Name":"t","DefaultNetwork":"n","Networks":[{"Name":"n","Endpoints":[{"Container":"c","ServiceName":"s"}]}]}]}
            """);

        Assert.Empty(result.Errors);
        Assert.Equal(
            [
                "1:18: InfraNetworks is ignored: hosts reach each other over the underlay as it is",
                "1:65: HostBindings is ignored: post it by itself with -host-bindings-cfg",
                "2:30: NetID is ignored: the host's device belongs to every VLAN network",
                "3:41: DefaultNetwork is ignored: an intent names the network of each endpoint",
                "3:113: ServiceName is ignored: Kubernetes Services say which pods belong to them",
            ],
            result.Warnings.Select(w => w.ToString()));
        Assert.Empty(Read("""{"InfraNetworks":[],"HostBindings":null}""").Warnings);
    }

    [Fact]
    public void Unknown_fields_are_refused_with_the_nearest_name()
    {
        Assert.Equal(
            [
                "1:25: unknown field \"Subnetpool2\" (did you mean \"SubnetPool\"?)",
                "1:52: unknown field \"Networcs\" (did you mean \"Networks\"?)",
                "1:75: unknown field \"Colour\"; this tenant may have Name, DefaultNetType, SubnetPool, AllocSubnetLen, VLANs, VXLANs, Networks, Policies, DefaultNetwork",
            ],
            Errors(Tenant("\"Subnetpool2\":\"10.0.0.0/8\",\"Networcs\":[{\"a\":[1]}],\"Colour\":1")));
    }

    [Theory]
    [InlineData("[]", "1:1: an intent must be an object, not an array")]
    [InlineData("\"x\"", "1:1: an intent must be an object, not a string")]
    [InlineData("""{"Tenants":{}}""", "1:12: Tenants must be an array, not an object")]
    [InlineData("""{"Tenants":[null]}""", "1:13: each element of Tenants must be an object, not null")]
    [InlineData("""{"Tenants":[[{}]]}""", "1:13: each element of Tenants must be an object, not an array")]
    [InlineData("""{"Tenants":[{"Name":5}]}""", "1:21: Name must be a string, not the number 5")]
    [InlineData("""{"Tenants":[{"Name":null}]}""", "1:21: Name must be a string, not null")]
    [InlineData("""{"Tenants":[{"Name":"t","AllocSubnetLen":"24"}]}""", "1:42: AllocSubnetLen must be a whole number, not a string")]
    [InlineData("""{"Tenants":[{"Name":"t","AllocSubnetLen":24.5}]}""", "1:42: AllocSubnetLen must be a whole number, not the number 24.5")]
    [InlineData("""{"Tenants":[{"Name":"t","SubnetPool":true}]}""", "1:38: SubnetPool must be a string, not true or false")]
    [InlineData("""{"Tenants":[{"Name":"t","Name":"u"}]}""", "1:25: field \"Name\" is given twice in this tenant")]
    [InlineData("""{"Tenants":[{"Name":"t","NAME":"u"}]}""", "1:25: field \"Name\" is given twice in this tenant")]
    public void A_wrong_shape_is_said_at_its_place(string json, string error)
    {
        Assert.Equal([error], Errors(json));
    }

    [Theory]
    [InlineData("\"DefaultNetType\":\"VLAN\"", "DefaultNetType must be \"vlan\" or \"vxlan\", not \"VLAN\"")]
    [InlineData("\"SubnetPool\":\"0/24\"", "SubnetPool \"0/24\" is not a CIDR prefix such as 10.1.0.0/16")]
    [InlineData("\"SubnetPool\":\"10.0.0.0\"", "SubnetPool \"10.0.0.0\" is not a CIDR prefix such as 10.1.0.0/16")]
    [InlineData("\"SubnetPool\":\"10.0.0.0/33\"", "SubnetPool \"10.0.0.0/33\" is not a CIDR prefix such as 10.1.0.0/16")]
    [InlineData("\"SubnetPool\":\"224.0.0.0/16\"", "SubnetPool 224.0.0.0/16 touches 224.0.0.0/3, which no network can use")]
    [InlineData("\"SubnetPool\":\"::/0\"", "SubnetPool ::/0 touches ::/8, which no network can use")]
    [InlineData("\"VLANs\":\"5--100\"", "VLANs: \"5--100\" is not a range such as 100-200")]
    [InlineData("\"VLANs\":\"5-100,,101-200\"", "VLANs: \"\" is not a range such as 100-200")]
    [InlineData("\"VLANs\":\"200-101\"", "VLANs: \"200-101\" begins after its end")]
    [InlineData("\"VLANs\":\"1-5000\"", "VLANs: \"1-5000\" is outside 0-4095")]
    [InlineData("\"VXLANs\":\"0-5\"", "VXLANs: \"0-5\" is outside 1-16777215")]
    [InlineData("\"VXLANs\":\"1-16777216\"", "VXLANs: \"1-16777216\" is outside 1-16777215")]
    public void A_bad_tenant_value_is_said_at_its_place(string field, string message)
    {
        var at = 25 + field.IndexOf(':', StringComparison.Ordinal) + 1;
        Assert.Equal([$"1:{at}: {message}"], Errors(Tenant(field)));
    }

    [Theory]
    [InlineData("\"PktTag\":\"x\"", "PktTag \"x\" is not a whole number from 1 to 16777215 (vxlan) or 4094 (vlan)")]
    [InlineData("\"PktTag\":-1", "PktTag \"-1\" is not a whole number from 1 to 16777215 (vxlan) or 4094 (vlan)")]
    [InlineData("\"DefaultGw\":\"10.0.0\"", "DefaultGw \"10.0.0\" is not an IP address")]
    [InlineData("\"Endpoints\":[{}]", "this endpoint has no Container")]
    [InlineData("\"Endpoints\":[{\"Container\":\"a/b\"}]", "endpoint Container \"a/b\" may hold only letters, digits and . - _ and begins with a letter or digit")]
    [InlineData("\"Endpoints\":[{\"Container\":\"\"}]", "endpoint Container must not be empty")]
    [InlineData("\"Endpoints\":[{\"Container\":\"c\",\"Host\":\"h h\"}]", "Host \"h h\" may hold only letters, digits and . - _ and begins with a letter or digit")]
    [InlineData("\"Endpoints\":[{\"Container\":\"c\",\"IPAddress\":\"nope\"}]", "IPAddress \"nope\" is not an IP address")]
    public void A_bad_network_value_is_an_error(string field, string message)
    {
        Assert.Equal([message], Read(Network(field)).Errors.Select(e => e.Message));
    }

    [Fact]
    public void Names_have_their_limits()
    {
        Assert.True(Read($$"""{"Tenants":[{"Name":"{{new string('a', 64)}}"}]}""").Succeeded);
        Assert.EndsWith("is 65 characters long; at most 64 are allowed", Errors($$"""{"Tenants":[{"Name":"{{new string('a', 65)}}"}]}""")[0], StringComparison.Ordinal);
        Assert.True(Read(Network($$"""
            "Endpoints":[{"Container":"{{new string('a', 253)}}"}]
            """)).Succeeded);
        Assert.False(Read(Network($$"""
            "Endpoints":[{"Container":"{{new string('a', 254)}}"}]
            """)).Succeeded);
    }

    [Fact]
    public void Duplicate_names_are_errors_in_their_own_scope_only()
    {
        var json = """
            {"Tenants":[
            {"Name":"a","Networks":[{"Name":"n","Endpoints":[{"Container":"c"},{"Container":"c"}]},{"Name":"n"}]},
            {"Name":"b","Networks":[{"Name":"n","Endpoints":[{"Container":"c"}]}]},
            {"Name":"a"}],
            "Hosts":[{"Name":"h","Intf":"e"},{"Name":"h","Intf":"e"}]}
            """;

        Assert.Equal(
            [
                "2:81: endpoint \"c\" is listed twice (first at 2:63)",
                "2:96: network \"n\" is listed twice (first at 2:33)",
                "4:9: tenant \"a\" is listed twice (first at 2:9)",
                "5:42: host \"h\" is listed twice (first at 5:18)",
            ],
            Errors(json));
    }

    [Fact]
    public void Errors_before_broken_JSON_are_reported_too()
    {
        Assert.Equal(
            [
                "2:2: unknown field \"Tenant\" (did you mean \"Tenants\"?)",
                "3:1: the text ends, but the object that begins on line 1 lacks its `}`",
            ],
            Errors("{\n \"Tenant\": []\n"));
    }

    [Fact]
    public void Strings_that_are_not_text_are_errors()
    {
        Assert.Equal(["1:21: this string is not valid UTF-8 text"], Errors("""{"Tenants":[{"Name":"\ud800"}]}"""));
        Assert.Equal(
            "1:21: this string is not valid UTF-8 text",
            IntentReader.Read([.. """{"Tenants":[{"Name":"""u8, (byte)'"', 0xff, (byte)'"', .. "}]}"u8]).Errors[0].ToString());
    }

    [Fact]
    public void Messages_never_carry_control_characters()
    {
        Assert.Equal(["1:2: unknown field \"\\u001b[31m\\u202e\"; this intent may have Hosts, Tenants, InfraNetworks, HostBindings"], Errors("""{"\u001b[31m\u202e":1}"""));
    }

    [Fact]
    public void A_file_over_the_limit_is_refused_without_being_read()
    {
        var junk = new byte[IntentReader.MaxBytes + 1];
        Assert.Equal(["1:1: the file is larger than the 16777216 bytes that are read"], IntentReader.Read(junk).Errors.Select(e => e.ToString()));
    }

    [Fact]
    public void A_file_of_rubbish_gives_a_bounded_list()
    {
        var errors = Read("{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"zz{i}\":1")) + "}").Errors;

        Assert.Equal(ProblemList.Most + 1, errors.Length);
        Assert.Equal("and 4000 more", errors[^1].Message);
    }

    [Fact]
    public void Host_bindings_are_an_array_or_an_object_that_holds_it()
    {
        foreach (var json in new[] { """[{"Container":"c","Host":"h","AttachUUID":"u","IPAddress":""},{"Container":"d","Host":""}]""", """{"HostBindings":[{"Container":"c","Host":"h","AttachUUID":"u"},{"container":"d","host":""}]}""" })
        {
            var result = IntentReader.ReadBindings(Encoding.UTF8.GetBytes(json));

            Assert.Empty(result.Errors);
            Assert.Empty(result.Warnings);
            Assert.Equal(
                [("c", "h", "u"), ("d", "", "")],
                result.Value!.Bindings.Select(b => (b.Container.Value, b.Host.Value, b.AttachUuid)));
        }
    }

    [Theory]
    [InlineData("""[{"Container":"c"}]""", "1:2: a binding needs a Host; \"\" unbinds")]
    [InlineData("""[{"Container":"c","Host":null}]""", "1:26: Host must be a string, not null")]
    [InlineData("""[{"Host":"h"}]""", "1:2: this binding has no Container")]
    [InlineData("""[{"Container":"c","Host":"h"},{"Container":"c","Host":"g"}]""", "1:44: binding of container \"c\" is listed twice (first at 1:15)")]
    [InlineData("""{"Tenants":[]}""", "1:2: unknown field \"Tenants\"; this host-bindings file may have HostBindings")]
    [InlineData("7", "1:1: a host-bindings file must be an array, not the number 7")]
    public void Bad_host_bindings_are_refused(string json, string error)
    {
        Assert.Equal([error], IntentReader.ReadBindings(Encoding.UTF8.GetBytes(json)).Errors.Select(e => e.ToString()));
    }
}
