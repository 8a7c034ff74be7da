using System.Net;
using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Pods whose labels, or whose namespace's, name a network that no intent names them in.</summary>
[Trait("run", "smoke")]
public sealed class LabelTests(Lab lab)
{
    private const string Namespace = "labelled";

    [Fact]
    public async Task Pods_get_the_network_that_labels_name_and_one_whose_network_is_missing_starts_when_it_is_posted()
    {
        Post("-add-cfg", "orange");
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
            Assert.Equal(AddressIn(ofFirst), await first.SourceSeenByAsync("second", AddressIn(ofSecond).ToString(), 8080, Transport.Tcp));
            foreach (char family in lab.Families)
            {
                Assert.Equal(first.Address(family), await first.SourceSeenByAsync(second, family, Transport.Tcp));
            }

            await ToldAsync(Namespace, "other", "NetworkMissing", "labelled/purple");
            Post("-add-cfg", "purple");
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
            await Eventually.HoldsAsync(
                "the pods to have left the networks",
                () =>
                {
                    Post("-del-cfg", "orange", "purple");
                    return true;
                });
        }
    }

    [Fact]
    public async Task A_pod_of_an_unknown_tenant_or_of_two_networks_is_told_so_and_relabelling_moves_no_pod()
    {
        const string Place = "mislabelled";
        Post("-add-cfg", "orange", "purple");
        const string Twice = """{"Tenants":[{"Name":"labelled","Networks":[{"Name":"purple","Endpoints":[{"Container":"twice"}]}]}]}""";
        lab.Netdcli("-add-cfg", Twice).Succeeded();
        try
        {
            await lab.ApplyPodsAsync(Lab.Manifest("mislabelled.yaml"));
            lab.Kubectl("wait", "--namespace", Place, "--for=condition=Ready", "pod", "moved", "--timeout=60s").Succeeded();
            await ToldAsync(Place, "nobodys", "NetworkMissing", "there is no such tenant as nobody");
            await ToldAsync(Place, "twice", "EndpointAmbiguous", "labelled/purple", "its labels name network labelled/orange");

            IPAddress before = AddressIn(await lab.NetworkStatusAsync(Place, "moved"));
            lab.Kubectl("label", "namespace", Place, "io.contiv.network=purple", "--overwrite").Succeeded();
            await ToldAsync(Place, "moved", "NetworkUnchanged", "labelled/orange", "labelled/purple");
            JsonElement after = await lab.NetworkStatusAsync(Place, "moved");
            Assert.Equal(("labelled/orange", before), (after.GetProperty("name").GetString(), AddressIn(after)));
        }
        finally
        {
            lab.Kubectl("delete", "namespace", Place, "--ignore-not-found", "--wait").Succeeded();
            await Eventually.HoldsAsync(
                "the pods to have left the networks",
                () =>
                {
                    lab.Netdcli("-del-cfg", Twice).Succeeded();
                    Post("-del-cfg", "orange", "purple");
                    return true;
                });
        }
    }

    private async Task ToldAsync(string kubernetesNamespace, string pod, string reason, params string[] words)
    {
        string told = "";
        await Eventually.HoldsAsync(
            $"an Event {reason} of {pod}", () => (told = lab.EventsOf(kubernetesNamespace, pod)).Contains(reason, StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        Assert.All(words, word => Assert.Contains(word, told, StringComparison.Ordinal));
    }

    private static IPAddress AddressIn(JsonElement status) => IPAddress.Parse(status.GetProperty("ips")[0].GetString()!);

    private void Post(string how, params IEnumerable<string> networks)
    {
        string named = string.Join(',', networks.Select(network => $$"""{"Name":"{{network}}"}"""));
        lab.Netdcli(how, $$"""{"Tenants":[{"Name":"labelled","SubnetPool":"11.40.0.0/16","Vxlans":"24001-24010","Networks":[{{named}}]}]}""").Succeeded();
    }
}
