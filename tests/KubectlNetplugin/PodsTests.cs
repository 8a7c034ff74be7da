using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.KubectlNetplugin;

public sealed class PodsTests
{
    private readonly PluginRun _plugin = new PluginRun().WithPods(
        "shop",
        Objects.Pod("web", interfaces: [Objects.Default]),
        Objects.Pod("c1", node: "node2", ip: "10.244.2.7", interfaces: [Objects.Orange, Objects.Purple]),
        Objects.Pod("proxy", ip: "192.168.2.10", isHostNetwork: true),
        Objects.Pod("waits", node: null, ip: null, phase: "Pending"));

    [Fact]
    public void The_pods_of_the_contexts_namespace_have_a_row_for_each_interface() => Assert.Equal(
        """
        NAMESPACE   NAME    NODE    POD-IP         NETWORK             ADDRESS
        shop        c1      node2   10.244.2.7     tenant-one/orange   11.1.0.7
        shop        c1      node2   10.244.2.7     tenant-one/purple   11.1.1.7
        shop        proxy   node1   192.168.2.10   host                -
        shop        waits   -       -              -                   -
        shop        web     node1   10.244.1.2     default             10.244.1.2

        """,
        _plugin.Run("pods").Out);

    [Fact]
    public void Wide_shows_what_is_below() => Assert.Equal(
        """
        NAMESPACE   NAME    NODE    POD-IP         NETWORK             ADDRESS      CLUSTER-ADDRESS   GROUP   MAC                 INTERFACE   VNI     MTU
        shop        c1      node2   10.244.2.7     tenant-one/orange   11.1.0.7     10.244.2.7        web     02:02:0b:01:00:07   eth0        10001   1450
        shop        c1      node2   10.244.2.7     tenant-one/purple   11.1.1.7     -                 -       02:02:0b:01:01:07   eth1        10002   1450
        shop        proxy   node1   192.168.2.10   host                -            -                 -       -                   -           -       -
        shop        waits   -       -              -                   -            -                 -       -                   -           -       -
        shop        web     node1   10.244.1.2     default             10.244.1.2   -                 -       02:02:0a:f4:01:02   eth0        0       1450

        """,
        _plugin.Run("pods", "-o", "wide").Out);

    [Fact]
    public void One_pod_is_asked_for_by_its_name() => Assert.Equal(
        """
        [
          {
            "namespace": "prod",
            "name": "web",
            "node": "node1",
            "phase": "Running",
            "hostNetwork": false,
            "podIPs": [
              "10.244.1.2"
            ],
            "interfaces": [
              {
                "network": "default",
                "interface": "eth0",
                "addresses": [
                  "10.244.1.2"
                ],
                "mac": "02:02:0a:f4:01:02",
                "mtu": 1450,
                "defaultRoute": true,
                "vni": 0,
                "subnets": [
                  "10.244.1.0/24"
                ],
                "clusterAddresses": [],
                "group": null
              }
            ]
          }
        ]

        """,
        _plugin.With("/api/v1/namespaces/prod/pods/web", Objects.Pod("web", kubernetesNamespace: "prod", interfaces: [Objects.Default]))
            .Run("pods", "web", "-n", "prod", "-o", "json").Out);

    [Fact]
    public void Yaml_has_the_fields_of_JSON() => Assert.StartsWith(
        """
        - namespace: shop
          name: c1
          node: node2
          phase: Running
          hostNetwork: false
          podIPs:
          - "10.244.2.7"
          interfaces:
          - network: tenant-one/orange
            interface: eth0
            addresses:
            - "11.1.0.7"
            mac: "02:02:0b:01:00:07"
            mtu: 1450
            defaultRoute: false
            vni: 10001
            subnets:
            - "11.1.0.0/24"
            clusterAddresses:
            - "10.244.2.7"
            group: web

        """,
        _plugin.Run("pods", "-o", "yaml").Out,
        StringComparison.Ordinal);

    [Fact]
    public void A_pod_with_both_families_has_both_addresses_in_its_row() => Assert.Equal(
        """
        NAMESPACE   NAME   NODE    POD-IP       NETWORK   ADDRESS
        prod        web    node1   10.244.1.2   default   10.244.1.2,fd00:1::2

        """,
        _plugin.With("/api/v1/namespaces/prod/pods/web", Objects.Pod("web", kubernetesNamespace: "prod", interfaces: [Objects.Default with { Ips = ["10.244.1.2", "fd00:1::2"] }]))
            .Run("pods", "web", "-n", "prod").Out);

    [Fact]
    public void Pods_come_in_pages()
    {
        _plugin.With("/api/v1/pods?limit=500", Texts.ListPart("5", "more=1", Objects.Pod("a")))
            .With("/api/v1/pods?limit=500&continue=more%3D1", Texts.List("5", Objects.Pod("b")));

        var rows = _plugin.Run("pods", "-A").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3, rows.Length);
        Assert.Equal(2, _plugin.Asked.Count);
    }

    [Fact]
    public void What_others_wrote_into_the_annotation_is_shown_as_far_as_it_can_be_read_and_steers_no_terminal()
    {
        _plugin.WithPods(
            "shop",
            Objects.Pod("a", annotation: "not JSON"),
            Objects.Pod("b", annotation: """[{"name":"mesh\u001b[31m","ips":["10.9.9.9"],"device-info":{"type":"pci"}},null,{"ips":null}]"""));
        Assert.Equal(
            """
            NAMESPACE   NAME   NODE    POD-IP       NETWORK           ADDRESS
            shop        a      node1   10.244.1.2   -                 -
            shop        b      node1   10.244.1.2   mesh\u001b[31m   10.9.9.9

            """.Replace("NETWORK           ADDRESS", "NETWORK          ADDRESS", StringComparison.Ordinal).Replace("-                 -", "-                -", StringComparison.Ordinal),
            _plugin.Run("pods").Out);
    }
}
