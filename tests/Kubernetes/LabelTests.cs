using System.Net;
using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Pods whose labels, or whose namespace's, name a network that no intent names them in.</summary>
[Trait("run", "smoke")]
public sealed class LabelTests(Lab lab)
{
    private const string Namespace = "labelled";

    [Fact]
    public async Task Pods_get_the_network_that_labels_name_and_one_whose_network_is_missing_starts_when_it_is_posted()
    {
        lab.Netdcli("-add-cfg", Intent("orange")).Succeeded();
        try
        {
            await lab.ApplyPodsAsync(Lab.Manifest("labels.yaml"));
            foreach (string pod in new[] { "first", "second" })
            {
                lab.Kubectl("wait", "--namespace", Namespace, "--for=condition=Ready", "pod", pod, "--timeout=60s").Succeeded();
            }

            Place first = lab.Pod("first", Namespace), second = lab.Pod("second", Namespace);
            JsonElement ofFirst = await lab.NetworkStatusAsync(Namespace, "first"), ofSecond = await lab.NetworkStatusAsync(Namespace, "second");
            Assert.Equal("labelled/orange", ofFirst.GetProperty("name").GetString());
            Assert.Equal("web", ofFirst.GetProperty("netplugin.io/group").GetString());
            Assert.Equal(Kubelab.AddressIn(ofFirst), await first.SourceSeenByAsync("second", Kubelab.AddressIn(ofSecond).ToString(), 8080, Transport.Tcp));
            foreach (char family in lab.Families)
            {
                Assert.Equal(first.Address(family), await first.SourceSeenByAsync(second, family, Transport.Tcp));
            }

            await lab.ToldAsync(Namespace, "other", "NetworkMissing", "labelled/purple");
            lab.Netdcli("-add-cfg", Intent("purple")).Succeeded();
            lab.Kubectl("wait", "--namespace", Namespace, "--for=condition=Ready", "pod", "other", "--timeout=90s").Succeeded();
            Assert.Equal("labelled/purple", (await lab.NetworkStatusAsync(Namespace, "other")).GetProperty("name").GetString());

            // Another network, though of the same tenant.
            foreach (char family in lab.Families)
            {
                Assert.False(lab.Pod("other", Namespace).Reaches(first.Address(family).ToString(), 8080, Transport.Tcp));
            }
        }
        finally
        {
            lab.Kubectl("delete", "namespace", Namespace, "--ignore-not-found", "--wait").Succeeded();
            await lab.TakeBackAsync(Intent("orange", "purple"));
        }
    }

    [Fact]
    public async Task A_pod_of_an_unknown_tenant_or_of_two_networks_is_told_so_and_relabelling_moves_no_pod()
    {
        const string Mislabelled = "mislabelled";
        lab.Netdcli("-add-cfg", Intent("orange", "purple")).Succeeded();
        const string Twice = """{"Tenants":[{"Name":"labelled","Networks":[{"Name":"purple","Endpoints":[{"Container":"twice"}]}]}]}""";
        lab.Netdcli("-add-cfg", Twice).Succeeded();
        try
        {
            await lab.ApplyPodsAsync(Lab.Manifest("mislabelled.yaml"));
            lab.Kubectl("wait", "--namespace", Mislabelled, "--for=condition=Ready", "pod", "moved", "--timeout=60s").Succeeded();
            await lab.ToldAsync(Mislabelled, "nobodys", "NetworkMissing", "there is no such tenant as nobody");
            await lab.ToldAsync(Mislabelled, "twice", "EndpointAmbiguous", "labelled/purple", "its labels name network labelled/orange");

            IPAddress before = Kubelab.AddressIn(await lab.NetworkStatusAsync(Mislabelled, "moved"));
            lab.Kubectl("label", "namespace", Mislabelled, "io.contiv.network=purple", "--overwrite").Succeeded();
            await lab.ToldAsync(Mislabelled, "moved", "NetworkUnchanged", "labelled/orange", "labelled/purple");
            JsonElement after = await lab.NetworkStatusAsync(Mislabelled, "moved");
            Assert.Equal(("labelled/orange", before), (after.GetProperty("name").GetString(), Kubelab.AddressIn(after)));
        }
        finally
        {
            lab.Kubectl("delete", "namespace", Mislabelled, "--ignore-not-found", "--wait").Succeeded();
            await lab.TakeBackAsync(Twice);
            await lab.TakeBackAsync(Intent("orange", "purple"));
        }
    }

    private static string Intent(params IEnumerable<string> networks)
    {
        string named = string.Join(',', networks.Select(network => $$"""{"Name":"{{network}}"}"""));
        return $$"""{"Tenants":[{"Name":"labelled","SubnetPool":"11.40.0.0/16","Vxlans":"24001-24010","Networks":[{{named}}]}]}""";
    }
}
