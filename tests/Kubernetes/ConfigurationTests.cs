using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>What others do in the folder of the runtime's network configurations.</summary>
[Trait("run", "smoke")]
public sealed class ConfigurationTests(Lab lab)
{
    private const string Other = "/etc/cni/net.d/05-other.conflist";

    [Fact]
    public async Task Another_networks_configuration_that_comes_first_is_named_until_it_is_gone()
    {
        Place node = lab.Node(2);
        node.Run("cp", "/etc/cni/net.d/10-netplugin.conflist", Other).Succeeded();
        try
        {
            await Eventually.HoldsAsync("the status to name it", () => Status().Contains(Other, StringComparison.Ordinal));
            await Eventually.HoldsAsync("an Event of the node", () => Events().Contains($"uses the network configuration {Other}", StringComparison.Ordinal));
        }
        finally
        {
            node.Run("rm", Other).Succeeded();
        }

        await Eventually.HoldsAsync("the status to be well", () => !Status().Contains(Other, StringComparison.Ordinal));
        string Status() => node.Run("netdcli", "status").Output;
    }

    [Fact]
    public async Task A_configuration_that_was_removed_is_back_in_a_moment()
    {
        Place node = lab.Node(2);
        node.Run("rm", "/etc/cni/net.d/10-netplugin.conflist").Succeeded();
        await Eventually.HoldsAsync("it to be back", () => node.Run("ls", "/etc/cni/net.d/10-netplugin.conflist").ExitCode == 0);
    }

    private string Events() => lab.Kubectl(
        "get", "events", "--namespace", "default", "--field-selector", "involvedObject.name=node2,reason=OtherNetworkFirst", "-o", "jsonpath={.items[*].message}").Succeeded();
}
