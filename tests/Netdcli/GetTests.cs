using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class GetTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public void Endpoints_wide_shows_container_host_tenant_network_address_mac_and_vni()
    {
        _cli.Post(Intents.Late);
        Bind("orange", "myContainer1", new("host1", "0123456789abcdef0123", "eth0") { ClusterAddresses = [IpAddr.Parse("10.244.1.2"), IpAddr.Parse("fd00::2")] });
        Assert.Equal(
            """
            CONTAINER      HOST    TENANT       NETWORK   ADDRESS    MAC                 VNI     INTERFACE   STATE   SANDBOX        POD   GROUP   CLUSTER
            myContainer1   host1   tenant-one   orange    11.1.0.1   02:02:0b:01:00:01   10001   eth0        bound   0123456789ab   -     -       10.244.1.2,fd00::2
            myContainer3   -       tenant-one   orange    11.1.0.2   02:02:0b:01:00:02   10001   -           late    -              -     -       -
            myContainer2   -       tenant-one   purple    11.1.1.1   02:02:0b:01:01:01   10002   -           late    -              -     -       -
            myContainer4   -       tenant-one   purple    11.1.1.2   02:02:0b:01:01:02   10002   -           late    -              -     -       -

            """,
            _cli.Run("get", "endpoints", "-o", "wide").Out);
    }

    [Fact]
    public void Endpoints_of_pods_with_labels_and_what_nodes_leased_for_them_are_shown()
    {
        _cli.Post(Intents.TwoTenants);
        PutLabelled();
        Assert.Equal(
            """
            CONTAINER   HOST    TENANT   NETWORK   ADDRESS    STATE
            c1          host1   blue     web       11.1.0.1   homed
            ns.p1       host1   blue     web       11.1.0.8   bound

            """,
            _cli.Run("get", "endpoints", "-t", "blue").Out);
        Assert.Contains(" ns/p1   front   -\n", _cli.Run("get", "endpoints", "blue/web/ns.p1", "-o", "wide").Out, StringComparison.Ordinal);
        Assert.Contains(" 11.1.0.8/29=host1,11.1.0.16/30=host2\n", _cli.Run("get", "networks", "-t", "blue", "-o", "wide").Out, StringComparison.Ordinal);
        using var endpoint = JsonDocument.Parse(_cli.Run("get", "endpoints", "blue/web/ns.p1", "-o", "json").Bytes);
        Assert.Equal(("ns/p1", "front"), (endpoint.RootElement[0].GetProperty("pod").GetString(), endpoint.RootElement[0].GetProperty("group").GetString()));
        using var network = JsonDocument.Parse(_cli.Run("get", "networks", "-t", "blue", "-o", "json").Bytes);
        Assert.Equal(
            ["host1 11.1.0.8/29", "host2 11.1.0.16/30"],
            network.RootElement[0].GetProperty("leases").EnumerateArray().Select(lease => $"{lease.GetProperty("host")} {lease.GetProperty("block")}"));
        Assert.Equal(0, _cli.Run("-oper", "get", "-construct", "endpoint", "web-ns.p1").Exit);
    }

    [Fact]
    public void Groups_and_policies_are_shown()
    {
        _cli.Post("""
            {"Tenants":[{"Name":"t","SubnetPool":"11.1.0.0/16","VXLANs":"1-99","Policies":[{"Name":"in","Rules":[
              {"RuleID":"1","Direction":"in","Action":"deny"},
              {"RuleID":"2","Direction":"in","Priority":10,"FromEndpointGroup":"web","FromIPAddress":"11.1.0.0/28","Protocol":"tcp","Port":6379,"Action":"allow"}]}],
             "Networks":[{"Name":"n","EndpointGroups":[{"Name":"web"},{"Name":"db","Policies":["in"]}],"Endpoints":[{"Container":"a","Group":"web"},{"Container":"b","Group":"db"}]}]}]}
            """);
        Assert.Equal(
            """
            GROUP   TENANT   NETWORK   POLICIES   ENDPOINTS
            db      t        n         in         1
            web     t        n         -          1

            """,
            _cli.Run("get", "groups").Out);
        Assert.Equal(
            """
            POLICY   TENANT   GROUPS   RULES   RULE
            in       t        db       2       1: in 1 deny; 2: in 10 allow tcp/6379 from web 11.1.0.0/28

            """,
            _cli.Run("get", "policy", "in", "-o", "wide").Out);
        using var policies = JsonDocument.Parse(_cli.Run("get", "policies", "-o", "json").Bytes);
        Assert.Equal(
            """{"ruleId":"2","direction":"in","priority":10,"endpointGroup":"web","network":"","ipAddress":"11.1.0.0/28","protocol":"tcp","port":6379,"action":"allow"}""",
            JsonSerializer.Serialize(policies.RootElement[0].GetProperty("rules")[1]));
        Assert.Equal("db", JsonDocument.Parse(_cli.Run("get", "endpoints", "t/n/b", "-o", "json").Bytes).RootElement[0].GetProperty("group").GetString());
        Assert.Contains("\nPOLICY   TENANT   GROUPS   RULES\n", _cli.Run("get").Out, StringComparison.Ordinal);
        Assert.NotEqual(0, _cli.Run("get", "policies", "no").Exit);
    }

    [Fact]
    public void Networks_shows_what_was_allocated()
    {
        _cli.Post(Intents.TwoTenants);
        Assert.Equal(
            """
            NETWORK   TENANT   ENCAP   VNI   SUBNET        GATEWAY      ENDPOINTS   BOUND
            web       blue     vxlan   100   11.1.0.0/24   -            1           0
            web       green    vxlan   300   11.1.0.0/24   11.1.0.254   1           0

            """,
            _cli.Run("get", "networks").Out);
    }

    [Fact]
    public void A_vlan_id_is_not_shown_as_a_vni()
    {
        _cli.Post(File.ReadAllText(Path.Combine(Support.RepositoryRoot.Path, "examples", "one_host_vlan.json")));
        Assert.Contains(" vlan/11 ", _cli.Run("get", "networks").Out, StringComparison.Ordinal);
        Assert.Contains("\"pktTag\": 11,", _cli.Run("-oper", "get", "-construct", "network", "orange").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Tenants_and_hosts_have_tables_too()
    {
        _cli.Post(Intents.TwoTenants);
        Assert.Equal(
            """
            TENANT   ENCAP   SUBNET-POOL   CUT   NETWORKS   ENDPOINTS   VXLANS    VLANS
            blue     vxlan   11.1.0.0/16   /24   1          1           100-200   -
            green    vxlan   11.1.0.0/16   /24   1          1           300-400   -

            """,
            _cli.Run("get", "tenants", "-o", "wide").Out);
        Assert.Equal("HOST    VTEP           INTERFACE\nhost1   192.168.2.10   -\n", _cli.Run("get", "hosts").Out);
    }

    [Fact]
    public void A_node_without_a_daemon_is_down_and_a_host_without_a_node_is_not_registered()
    {
        _cli.Post(Intents.TwoTenants);
        Register("host2", alive: true, problems: ["the underlay's MTU is 1400"]);
        Register("host3", alive: false);
        Assert.Equal(
            """
            NODE    STATE            VTEP           MTU    PODS   VERSION   UP     PROBLEMS
            host1   not registered   192.168.2.10   -      0      -         -      -
            host2   ready            192.168.2.12   1450   3      0.1.0     1h5m   1
            host3   down             192.168.2.12   -      0      0.1.0     -      -

            """,
            _cli.Run("get", "nodes").Out);
    }

    [Fact]
    public void Json_has_the_fields_that_scripts_use()
    {
        _cli.Post(Intents.Late);
        Assert.Equal(
            """
            [
              {
                "container": "myContainer1",
                "host": "",
                "tenant": "tenant-one",
                "network": "orange",
                "address": "11.1.0.1",
                "mac": "02:02:0b:01:00:01",
                "encap": "vxlan",
                "tag": 10001,
                "state": "late",
                "interface": "",
                "sandbox": "",
                "attachUuid": "",
                "pod": "",
                "group": "",
                "clusterAddresses": []
              }
            ]

            """,
            _cli.Run("get", "endpoint", "orange-myContainer1", "-o", "json").Out);
    }

    [Fact]
    public void Yaml_quotes_what_a_reader_would_take_for_a_number()
    {
        _cli.Post(Intents.Late);
        Assert.Equal(
            """
            - tenant: tenant-one
              network: orange
              encap: vxlan
              tag: 10001
              subnet: "11.1.0.0/24"
              gateway: ""
              endpoints: 2
              bound: 0
              subnetFromPool: true
              leases: []

            """,
            _cli.Run("get", "net", "orange", "-o=yaml").Out);
    }

    [Fact]
    public void Without_a_resource_everything_is_shown()
    {
        _cli.Post(Intents.Late);
        var table = _cli.Run("get").Out;
        Assert.Contains("TENANT ", table, StringComparison.Ordinal);
        Assert.Contains("myContainer4", table, StringComparison.Ordinal);
        using var all = JsonDocument.Parse(_cli.Run("get", "-o", "json").Bytes);
        Assert.Equal(["hosts", "nodes", "tenants", "networks", "endpoints", "groups", "policies"], all.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(4, all.RootElement.GetProperty("endpoints").GetArrayLength());
    }

    [Theory]
    [InlineData("tenant-one/orange/myContainer1")]
    [InlineData("orange/myContainer1")]
    [InlineData("orange-myContainer1")]
    [InlineData("myContainer1")]
    public void An_endpoint_is_found_by_each_of_its_names(string name)
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("get", "endpoints", name);
        Assert.Equal(0, result.Exit);
        Assert.Equal(2, result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void An_ambiguous_name_shows_all_it_may_mean_and_a_tenant_narrows()
    {
        _cli.Post(Intents.TwoTenants);
        Assert.Equal(3, _cli.Run("get", "endpoints", "web-c1").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, _cli.Run("get", "endpoints", "web-c1", "--tenant", "green").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_name_that_means_nothing_is_an_error()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("get", "networks", "green");
        Assert.Equal(1, result.Exit);
        Assert.Equal("netdcli: Key not found: no network \"green\"; \"netdcli get networks\" lists what there is\n", result.Error);
    }

    [Fact]
    public void An_unknown_resource_is_a_usage_error_that_names_the_nearest()
    {
        var result = _cli.Run("get", "endpionts");
        Assert.Equal(2, result.Exit);
        Assert.Contains("did you mean endpoints?", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_from_the_store_cannot_steer_the_terminal()
    {
        _cli.Post(Intents.Late);
        Bind("orange", "myContainer1", new("host\e[2J1", "s", "eth0"));
        var result = _cli.Run("get", "endpoints");
        Assert.DoesNotContain('\e', result.Out);
        Assert.Contains("host\\u001b[2J1", result.Out, StringComparison.Ordinal);
        foreach (var format in new[] { "json", "yaml" })
        {
            Bind("orange", "myContainer1", new("host\e[2J\u009b2J\u202e1", "s", "eth0"));
            Assert.DoesNotContain(_cli.Run("get", "endpoints", "-o", format).Out, c => c is '\e' or '\u009b' or '\u202e');
        }
    }

    [Fact]
    public void Colours_come_only_on_a_terminal_and_not_against_no_color()
    {
        _cli.Post(Intents.Late);
        Bind("orange", "myContainer1", new("host1", "s", "eth0"));
        Assert.DoesNotContain('\e', _cli.Run("get", "endpoints").Out);
        _cli.OutIsTerminal = true;
        Assert.Contains("\e[32mbound\e[0m", _cli.Run("get", "endpoints").Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', _cli.With("NO_COLOR", "1").Run("get", "endpoints").Out);
    }

    private void PutLabelled()
    {
        var network = new NetworkId("blue", "web");
        var pod = new LabelledPod("ns", "p1", "front");
        var address = IpAddr.Parse("11.1.0.8");
        var endpoint = new EndpointRecord(new(network, pod.Container), address, MacAddress.ForEndpoint(address), "", "", new("host1", "s1", "eth0"), 1) { Pod = pod };
        _cli.Store.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint));
        _cli.Store.Put(
            StoreKeys.Leases(network), RecordCodec.Encode(new LeasesRecord(network, [new("host1", IpPrefix.Parse("11.1.0.8/29")), new("host2", IpPrefix.Parse("11.1.0.16/30"))])));
    }

    private void Bind(string network, string container, EndpointBinding binding)
    {
        var key = StoreKeys.Endpoint(new(new("tenant-one", network), container));
        var record = RecordCodec.DecodeEndpoint(_cli.Store.GetAsync(key).GetAwaiter().GetResult()!);
        _cli.Store.Put(key, RecordCodec.Encode(record with { Binding = binding }));
    }

    private void Register(string host, bool alive, params string[] problems)
    {
        _cli.Store.Put(StoreKeys.Node(host), RecordCodec.Encode(new NodeRecord(host, IpAddr.Parse("192.168.2.12"), 1500, "0.1.0")));
        if (alive)
        {
            _cli.Store.Put(
                StoreKeys.NodeAlive(host),
                RecordCodec.Encode(new NodeStatus(host, "0.1.0", FixedClock.Now.AddMinutes(-65), "ready", 1450, 2, 4, 3, FixedClock.Now, [.. problems])));
        }
    }
}
