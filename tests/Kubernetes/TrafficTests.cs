using System.Globalization;
using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Who reaches whom in the default network, and by which address: inside of the cluster everybody by one of its own.</summary>
[Trait("run", "smoke")]
public sealed class TrafficTests(Lab lab)
{
    public static TheoryData<string, Transport> PodsOfBothNodes => Each("neighbour", "remote");

    public static TheoryData<int, Transport> BothNodes => Each(1, 2);

    [Theory]
    [MemberData(nameof(PodsOfBothNodes))]
    public async Task A_pod_reaches_a_pod_by_its_own_address(string to, Transport transport)
    {
        Place from = lab.Pod("first"), other = lab.Pod(to);
        foreach (char family in lab.Families)
        {
            Assert.Equal(from.Address(family), await from.SourceSeenByAsync(other, family, transport));
        }
    }

    [Theory]
    [MemberData(nameof(PodsOfBothNodes))]
    public async Task A_node_reaches_a_pod(string to, Transport transport)
    {
        Place from = lab.Node(1), other = lab.Pod(to);
        foreach (char family in lab.Families)
        {
            Assert.Contains(await from.SourceSeenByAsync(other, family, transport), from.OwnAddresses());
        }
    }

    [Theory]
    [MemberData(nameof(BothNodes))]
    public async Task A_pod_reaches_a_node_by_its_own_address(int to, Transport transport)
    {
        Place from = lab.Pod("first"), node = lab.Node(to);
        foreach (char family in lab.Families)
        {
            Assert.Equal(from.Address(family), await from.SourceSeenByAsync(node, family, transport));
        }
    }

    [Theory]
    [MemberData(nameof(BothNodes))]
    public async Task A_pod_in_the_network_of_a_node_reaches_a_pod_and_is_reached(int node, Transport transport)
    {
        Place host = lab.Pod(node == 1 ? "host1" : "host2"), pod = lab.Pod("first");
        foreach (char family in lab.Families)
        {
            Assert.Contains(await host.SourceSeenByAsync(pod, family, transport), host.OwnAddresses());
            Assert.Equal(pod.Address(family), await pod.SourceSeenByAsync(host, family, transport));
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task The_outside_sees_a_pod_by_the_address_of_its_node(Transport transport)
    {
        Place pod = lab.Pod("first"), node = lab.Node(1);
        foreach (char family in lab.Families)
        {
            Assert.Equal(node.Address(family), await pod.SourceSeenByAsync(lab.Outside(), family, transport));
        }
    }

    [Theory]
    [InlineData("neighbour")]
    [InlineData("remote")]
    public void A_pod_and_a_node_ping_a_pod(string to)
    {
        Place other = lab.Pod(to);
        foreach (char family in lab.Families)
        {
            foreach (Place from in new[] { lab.Pod("first"), lab.Node(1) })
            {
                from.Run("ping", "-c", "1", "-W", "3", other.Address(family).ToString()).Succeeded();
            }
        }
    }

    [Theory]
    [InlineData("neighbour")]
    [InlineData("remote")]
    public async Task A_pod_sends_much_to_a_pod_and_no_packet_is_larger_than_the_tunnel_carries(string to)
    {
        Place from = lab.Pod("first"), other = lab.Pod(to);
        foreach (char family in lab.Families)
        {
            await Transfer.ThereAndBackAsync(from, other, family);

            // What ping and IP add to the payload.
            int payload = Mtu(from) - (family == '6' ? 48 : 28);
            from.Run("ping", "-c", "1", "-W", "3", "-M", "do", "-s", Text(payload), other.Address(family).ToString()).Succeeded();
            Assert.NotEqual(0, from.Run("ping", "-c", "1", "-W", "1", "-M", "do", "-s", Text(payload + 1), other.Address(family).ToString()).ExitCode);
        }
    }

    [Fact]
    public async Task A_pod_learns_that_the_way_to_the_outside_carries_less()
    {
        // The last link's MTU is known to the router before it alone: both ends believe that they can send 1450 and 1500 bytes.
        lab.OnFabric("ip", "link", "set", "outside", "mtu", "1300").Succeeded();
        try
        {
            foreach (char family in lab.Families)
            {
                await Transfer.ThereAndBackAsync(lab.Pod("first"), lab.Outside(), family);
            }
        }
        finally
        {
            lab.OnFabric("ip", "link", "set", "outside", "mtu", "1500").Succeeded();
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task A_port_of_the_node_leads_to_its_pod(Transport transport)
    {
        Place node = lab.Node(1), outside = lab.Outside();
        int port = transport == Transport.Tcp ? 8090 : 8091;
        foreach (char family in lab.Families)
        {
            string address = node.Address(family).ToString();
            Assert.Equal(outside.Address(family), await outside.SourceSeenByAsync("the host port", address, port, transport));
            foreach (Place inside in new[] { node, lab.Node(2), lab.Pod("first"), lab.Pod("remote") })
            {
                Assert.Equal("ported", await inside.NameOfAsync(address, port, transport));
            }
        }
    }

    private static int Mtu(Place pod)
    {
        using JsonDocument link = JsonDocument.Parse(pod.Run("ip", "-json", "link", "show", "eth0").Succeeded());
        return link.RootElement[0].GetProperty("mtu").GetInt32();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static TheoryData<T, Transport> Each<T>(params T[] places)
    {
        var data = new TheoryData<T, Transport>();
        foreach (T place in places)
        {
            data.Add(place, Transport.Tcp);
            data.Add(place, Transport.Udp);
        }

        return data;
    }
}
