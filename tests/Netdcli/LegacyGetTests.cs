using Netdcli.Legacy;
using Netplugin.Core.Addresses;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class LegacyGetTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public void An_endpoint_is_json_on_stdout_and_the_originals_line_on_stderr()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("-oper", "get", "-construct", "endpoint", "orange-myContainer1");
        Assert.Equal(0, result.Exit);
        Assert.Equal(
            """
            {
              "id": "orange-myContainer1",
              "netID": "orange",
              "contName": "myContainer1",
              "attachUUID": "",
              "ipAddress": "11.1.0.1",
              "portName": "",
              "homingHost": "",
              "intfName": "",
              "VtepIP": "",
              "tenant": "tenant-one",
              "macAddress": "02:02:0b:01:00:01"
            }

            """,
            result.Out);
        Assert.Equal(
            """
            time="2026-01-02T03:04:05Z" level=info msg="endpoint State: \n&{ID:orange-myContainer1,\n\tNetID:orange,\n\tContName:myContainer1,\n\tAttachUUID:,\n\tIPAddress:11.1.0.1,\n\tPortName:,\n\tHomingHost:,\n\tIntfName:,\n\tVtepIP:}"

            """,
            result.Error);
    }

    [Fact]
    public void A_script_of_the_time_finds_the_address()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("--oper=get", "-construct=endpoint", "orange-myContainer3");
        var piece = (result.Out + result.Error).Split("\\n\\t").Single(p => p.StartsWith("IPAddress", StringComparison.Ordinal));
        Assert.Equal("11.1.0.2", piece.Split(':', 2)[1].Trim(','));
    }

    [Fact]
    public void A_network_has_the_originals_fields_and_its_bitmap()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("-oper", "get", "-construct", "network", "orange");
        Assert.Equal(
            """
            {
              "id": "orange",
              "tenant": "tenant-one",
              "pktTagType": "vxlan",
              "pktTag": 0,
              "extPktTag": 10001,
              "subnetIP": "11.1.0.0",
              "subnetLen": 24,
              "defaultGw": "",
              "epCount": 2,
              "ipAllocMap": "AAAAAAAAAQEAAAAAAAAABwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"
            }

            """,
            result.Out);
        Assert.Contains(
            @"msg=""network State: \n&{ID:orange,\n\tTenant:tenant-one,\n\tPktTagType:vxlan,\n\tPktTag:0,\n\tExtPktTag:10001,\n\tSubnetIP:11.1.0.0,\n\tSubnetLen:24,",
            result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("endpoint", "orange-nobody")]
    [InlineData("endpoint", "myContainer1")]
    [InlineData("network", "green")]
    public void A_missing_object_says_key_not_found_and_fails(string construct, string id)
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("-oper", "get", "-construct", construct, id);
        Assert.Equal(1, result.Exit);
        Assert.Contains("Key not found", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Fact]
    public void An_ambiguous_id_lists_the_candidates_and_a_tenant_or_the_full_name_decides()
    {
        _cli.Post(Intents.TwoTenants);
        var result = _cli.Run("-oper", "get", "-construct", "endpoint", "web-c1");
        Assert.Equal(1, result.Exit);
        Assert.Contains("blue/web/c1, green/web/c1", result.Error, StringComparison.Ordinal);
        Assert.Contains("\"tenant\": \"green\"", _cli.Run("-oper", "get", "-construct", "endpoint", "-tenant", "green", "web-c1").Out, StringComparison.Ordinal);
        Assert.Contains("\"tenant\": \"blue\"", _cli.Run("-oper", "get", "-construct", "endpoint", "blue/web/c1").Out, StringComparison.Ordinal);
        Assert.Contains("blue/web, green/web", _cli.Run("-oper", "get", "-construct", "network", "web").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_two_networks_could_spell_is_ambiguous_too()
    {
        _cli.Post("""
            {"Tenants": [{"Name": "t", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "100-200",
             "Networks": [{"Name": "a", "Endpoints": [{"Container": "b-c"}]}, {"Name": "a-b", "Endpoints": [{"Container": "c"}]}]}]}
            """);
        var result = _cli.Run("-oper", "get", "-construct", "endpoint", "a-b-c");
        Assert.Equal(1, result.Exit);
        Assert.Contains("t/a/b-c, t/a-b/c", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bitmap_is_left_out_where_the_original_had_none()
    {
        Assert.Empty(AddressBitmap.Encode(IpPrefix.Parse("fd00::/64"), []));
        Assert.Empty(AddressBitmap.Encode(IpPrefix.Parse("10.0.0.0/8"), []));
    }
}
