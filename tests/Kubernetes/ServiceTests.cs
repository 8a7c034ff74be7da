using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Services: who asks one gets an answer from each of its pods.</summary>
[Trait("run", "smoke")]
public sealed class ServiceTests(Lab lab)
{
    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_node_reaches_every_pod_of_a_Service(Transport transport) => AnswersFromEveryPodAsync(lab.Node(1), ServiceAddress(), transport);

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_pod_reaches_every_pod_of_a_Service(Transport transport) => AnswersFromEveryPodAsync(lab.Pod("first"), ServiceAddress(), transport);

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_pod_reaches_a_Service_by_its_name(Transport transport) => AnswersFromEveryPodAsync(lab.Pod("first"), "servers.traffic", transport);

    private static async Task AnswersFromEveryPodAsync(Place from, string service, Transport transport)
    {
        var missing = new HashSet<string>(["neighbour", "remote"]);

        // The choice is by chance: that one of two is missed 40 times does not happen.
        for (int question = 0; question < 40 && missing.Count > 0; question++)
        {
            missing.Remove(await from.NameOfAsync(service, transport == Transport.Tcp ? 80 : 81, transport));
        }

        Assert.Empty(missing);
    }

    private string ServiceAddress() => lab.Kubectl("get", "service", "--namespace", "traffic", "servers", "-o", "jsonpath={.spec.clusterIP}").Succeeded().Trim();
}
