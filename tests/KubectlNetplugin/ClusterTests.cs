using Netplugin.Kubernetes.Annotations;

namespace Netplugin.Tests.KubectlNetplugin;

/// <summary><c>networks</c> and <c>status</c>.</summary>
public sealed class ClusterTests
{
    private static readonly NodeReport Well = new("0.1.0", "ready", "192.168.2.10", 1450, ["10.244.1.0/24"], []);

    private readonly PluginRun _plugin = new PluginRun()
        .WithPods(
            null,
            Objects.Pod("web", interfaces: [Objects.Default]),
            Objects.Pod("web", kubernetesNamespace: "prod", node: "node2", interfaces: [Objects.Default with { Subnets = ["10.244.2.0/24"] }]),
            Objects.Pod("c1", interfaces: [Objects.Orange, Objects.Purple]),
            Objects.Pod("c2", interfaces: [Objects.Orange]),
            Objects.Pod("ended", phase: "Succeeded", interfaces: [Objects.Orange]))
        .WithNodes(
            Objects.Node("node1", Well),
            Objects.Node("node2", Well with { State = "degraded", Vtep = "192.168.2.11", Problems = ["it is so: do this"] }),
            Objects.Node("node3", null, isReady: false));

    [Fact]
    public void Networks_count_their_pods_and_the_default_network_has_a_block_a_node() => Assert.Equal(
        """
        NETWORK             VNI     SUBNET        PODS   NODES
        default             0       2 blocks      2      2
        tenant-one/orange   10001   11.1.0.0/24   2      1
        tenant-one/purple   10002   11.1.1.0/24   1      1

        """,
        _plugin.Run("networks").Out);

    [Fact]
    public void Networks_in_JSON_have_every_block() => Assert.StartsWith(
        """
        [
          {
            "network": "default",
            "vni": 0,
            "subnets": [
              "10.244.1.0/24",
              "10.244.2.0/24"
            ],
            "pods": 2,
            "nodes": 2
          },
        """,
        _plugin.Run("networks", "-o", "json").Out,
        StringComparison.Ordinal);

    [Fact]
    public void Status_shows_every_node_and_below_what_is_wrong() => Assert.Equal(
        """
        NODE    READY   NETPLUGIN   BLOCK           VTEP           VERSION   PROBLEMS
        node1   yes     ready       10.244.1.0/24   192.168.2.10   0.1.0     0
        node2   yes     degraded    10.244.1.0/24   192.168.2.11   0.1.0     1
        node3   no      -           -               -              -         0

        Problems:
          node2: it is so: do this
          node3: no netplugin has reported from there: does its pod run, and may it patch nodes?

        """,
        _plugin.Run("status").Out);

    [Fact]
    public void Status_check_tells_scripts_whether_all_is_well()
    {
        Assert.Equal(0, _plugin.Run("status").Exit);
        Assert.Equal(3, _plugin.Run("status", "--check").Exit);
        Assert.Equal(0, _plugin.WithNodes(Objects.Node("node1", Well)).Run("status", "--check").Exit);
    }

    [Fact]
    public void Status_in_YAML_has_what_the_table_has() => Assert.Equal(
        """
        - name: node1
          ready: true
          state: ready
          version: "0.1.0"
          vtep: "192.168.2.10"
          mtu: 1450
          blocks:
          - "10.244.1.0/24"
          podCidrs:
          - "10.244.1.0/24"
          problems: []

        """,
        _plugin.WithNodes(Objects.Node("node1", Well)).Run("status", "-o", "yaml").Out);
}
