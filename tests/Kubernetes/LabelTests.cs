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

            string told = "";
            await Eventually.HoldsAsync("an Event about the third", () => (told = lab.EventsOf(Namespace, "other")).Contains("NetworkMissing", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
            Assert.Contains("labelled/purple", told, StringComparison.Ordinal);
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

    private static IPAddress AddressIn(JsonElement status) => IPAddress.Parse(status.GetProperty("ips")[0].GetString()!);

    private void Post(string how, params IEnumerable<string> networks)
    {
        string named = string.Join(',', networks.Select(network => $$"""{"Name":"{{network}}"}"""));
        lab.Netdcli(how, $$"""{"Tenants":[{"Name":"labelled","SubnetPool":"11.40.0.0/16","Vxlans":"24001-24010","Networks":[{{named}}]}]}""").Succeeded();
    }
}
