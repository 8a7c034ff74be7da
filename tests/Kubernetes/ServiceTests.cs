using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Services: who asks one gets an answer from each of its pods.</summary>
[Trait("run", "smoke")]
public sealed class ServiceTests(Lab lab)
{
    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_node_reaches_every_pod_of_a_Service(Transport transport) => AnswersFromEveryPodAsync(lab.Node(1), Host("servers"), transport);

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_pod_reaches_every_pod_of_a_Service(Transport transport) => AnswersFromEveryPodAsync(lab.Pod("first"), Host("servers"), transport);

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public Task A_pod_reaches_a_Service_by_its_name(Transport transport) => AnswersFromEveryPodAsync(lab.Pod("first"), "servers.traffic", transport);

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task A_pod_reaches_a_Service_by_the_port_of_any_node(Transport transport)
    {
        foreach (char family in lab.Families)
        {
            foreach (Place node in new[] { lab.Node(1), lab.Node(2) })
            {
                await AnswersFromEveryPodAsync(lab.Pod("first"), node.Address(family).ToString(), transport, transport == Transport.Tcp ? 30080 : 30081);
            }
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task A_pod_reaches_a_Service_by_its_external_address(Transport transport)
    {
        foreach (char family in lab.Families)
        {
            await AnswersFromEveryPodAsync(lab.Pod("first"), family == '6' ? "2001:db8::77" : "203.0.113.77", transport);
        }
    }

    [Fact]
    public async Task A_pod_reaches_a_Service_by_the_address_of_its_load_balancer()
    {
        // As a cloud's controller does.
        JsonNode service = JsonNode.Parse(lab.Kubectl("get", "service", "--namespace", "traffic", "balanced", "-o", "json").Succeeded())!;
        service["status"] = JsonNode.Parse("""{"loadBalancer":{"ingress":[{"ip":"203.0.113.88"},{"ip":"2001:db8::88"}]}}""");
        lab.KubectlWith(service.ToJsonString(), "replace", "--raw", "/api/v1/namespaces/traffic/services/balanced/status", "-f", "-").Succeeded();
        foreach (char family in lab.Families)
        {
            await AnswersFromEveryPodAsync(lab.Pod("first"), family == '6' ? "2001:db8::88" : "203.0.113.88", Transport.Tcp);
        }
    }

    [Fact]
    public async Task Datagrams_of_one_socket_go_to_one_pod_of_a_Service_and_the_answers_come_from_its_address()
    {
        var service = new IPEndPoint(lab.ServiceAddress("servers"), 81);
        string pod = lab.Pod("first").NetworkNamespace();
        await AnswersFromEveryPodAsync(lab.Pod("first"), Host("servers"), Transport.Udp);
        for (int flow = 0; flow < 5; flow++)
        {
            using Socket socket = UdpSockets.Open(pod, 0, service.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any);
            var answered = new HashSet<string>();
            for (int question = 0; question < 20; question++)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                byte[] answer = new byte[64];
                await socket.SendToAsync("hostname"u8.ToArray(), service, limit.Token);
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(answer, new IPEndPoint(service.Address, 0), limit.Token);
                Assert.Equal(service, got.RemoteEndPoint);
                answered.Add(Encoding.ASCII.GetString(answer, 0, got.ReceivedBytes));
            }

            Assert.Single(answered);
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task A_pod_reaches_itself_through_a_Service(Transport transport) =>
        Assert.Equal("first", await lab.Pod("first").NameOfAsync(Host("own"), PortOf(transport), transport));

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task A_pod_stays_with_one_pod_of_a_Service_that_asks_for_it(Transport transport)
    {
        var answered = new HashSet<string>();
        for (int question = 0; question < 12; question++)
        {
            answered.Add(await lab.Pod("first").NameOfAsync(Host("sticky"), PortOf(transport), transport));
        }

        Assert.Single(answered);
    }

    [Fact]
    public async Task A_Service_without_endpoints_refuses_a_pod_at_once()
    {
        // Until the node has heard of the Service nobody refuses.
        await Eventually.HoldsAsync(
            "the Service to refuse",
            () => lab.Pod("first").Run("agnhost", "connect", "--timeout=3s", new IPEndPoint(lab.ServiceAddress("nobody"), 80).ToString()).Error.Contains("REFUSED", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pod_reaches_the_API_server_by_its_Service()
    {
        string server = new IPEndPoint(lab.ServiceAddress("kubernetes", "default"), 443).ToString();
        foreach (string pod in new[] { "first", "remote" })
        {
            lab.Pod(pod).Run("agnhost", "connect", "--timeout=5s", server).Succeeded();
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task The_outside_reaches_a_pod_by_a_Service_of_its_node_from_its_own_address(Transport transport)
    {
        Place outside = lab.Outside();
        foreach (char family in lab.Families)
        {
            Assert.Equal(
                outside.Address(family),
                await outside.SourceSeenByAsync("the node port", lab.Node(1).Address(family).ToString(), transport == Transport.Tcp ? 30090 : 30091, transport));
        }
    }

    private static Task AnswersFromEveryPodAsync(Place from, string service, Transport transport, int? port = null) =>
        from.HearsFromAsync(["neighbour", "remote"], service, port ?? PortOf(transport), transport);

    private static int PortOf(Transport transport) => transport == Transport.Tcp ? 80 : 81;

    private string Host(string service) => lab.ServiceAddress(service).ToString();
}
