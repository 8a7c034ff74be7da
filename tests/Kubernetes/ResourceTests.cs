using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Tenants and networks posted as resources, beside netdcli.</summary>
[Trait("run", "smoke")]
public sealed class ResourceTests(Lab lab)
{
    private const string Network = "networks.netplugin.io/resourceful-blue";
    private const string Tenant = "tenants.netplugin.io/resourceful";
    private const string Endpoint = """{"Tenants":[{"Name":"resourceful","Networks":[{"Name":"blue","Endpoints":[{"Container":"resident"}]}]}]}""";

    [Fact]
    public async Task A_tenant_and_a_network_are_posted_by_resources_and_stay_while_a_pod_is_in_them()
    {
        string definitions = Installation.Deployed("chart/crds/netplugin.yaml");
        lab.Apply(definitions);
        try
        {
            lab.Kubectl("wait", "--for=condition=Established", "customresourcedefinitions/tenants.netplugin.io", "customresourcedefinitions/networks.netplugin.io").Succeeded();
            await lab.ApplyPodsAsync(Lab.Manifest("resources.yaml"));
            lab.Kubectl("wait", "--for=condition=Ready", "--timeout=60s", Tenant, Network).Succeeded();
            Assert.Matches(@"resourceful-blue +resourceful +11\.10\.0\.0/24 +29001 +True +Posted ", lab.Kubectl("get", Network).Succeeded());
            Assert.Matches(@"resourceful +11\.10\.0\.0/16 +True +Posted ", lab.Kubectl("get", Tenant).Succeeded());

            CommandResult refused = lab.Netdcli("-add-cfg", """{"Tenants":[{"Name":"resourceful","Networks":[{"Name":"blue","PktTag":7}]}]}""");
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("delete the Network resource \"resourceful-blue\" first", refused.Error, StringComparison.Ordinal);

            lab.Netdcli("-add-cfg", Endpoint).Succeeded();
            await lab.ApplyPodsAsync(Lab.Manifest("resident.yaml"));
            lab.WaitForPods("resident");
            lab.Kubectl("delete", "--wait=false", Network, Tenant).Succeeded();
            await SaysAsync(Network, "InUse: network resourceful/blue has 1 pod: resident on node");
            await SaysAsync(Tenant, "InUse: tenant \"resourceful\" has 1 network: resourceful/blue");

            lab.Kubectl("delete", "namespace", "resident", "--wait").Succeeded();
            await SaysAsync(Network, "InUse: network resourceful/blue has 1 endpoint without a pod: resident");
            lab.Netdcli("-del-cfg", Endpoint).Succeeded();
            await Eventually.HoldsAsync("both to be gone", () => lab.Kubectl("get", Network, Tenant).ExitCode != 0, TimeSpan.FromMinutes(1));
            Assert.DoesNotContain("resourceful", lab.Node(1).Run("netdcli", "get", "networks").Succeeded(), StringComparison.Ordinal);
        }
        finally
        {
            lab.Delete(definitions);
        }
    }

    private Task SaysAsync(string resource, string begins) => Eventually.HoldsAsync(
        $"{resource} to say {begins}",
        () => lab.Kubectl("get", resource, "-o", "jsonpath={.status.conditions[0].reason}: {.status.conditions[0].message}").Succeeded().StartsWith(begins, StringComparison.Ordinal),
        TimeSpan.FromMinutes(1));
}
