using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>
/// Two tenants whose pods have the same network addresses on the same nodes: all of Kubernetes works for each of them, by the pods' cluster
/// addresses, and neither reaches the other, nor the default network's pods, by any way.
/// </summary>
[Trait("run", "smoke")]
public sealed class TenantTests(Lab lab, Tenants tenants) : IClassFixture<Tenants>
{
    public static TheoryData<string, string, Transport> PodsOfBothNodes
    {
        get
        {
            var data = new TheoryData<string, string, Transport>();
            foreach (string tenant in Tenants.Names)
            {
                foreach (string pod in new[] { "beside", "there" })
                {
                    data.Add(tenant, pod, Transport.Tcp);
                    data.Add(tenant, pod, Transport.Udp);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, Transport> Both
    {
        get
        {
            var data = new TheoryData<string, Transport>();
            foreach (string tenant in Tenants.Names)
            {
                data.Add(tenant, Transport.Tcp);
                data.Add(tenant, Transport.Udp);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PodsOfBothNodes))]
    public async Task A_pod_reaches_a_pod_of_its_network_by_both_addresses(string tenant, string to, Transport transport)
    {
        Place from = lab.Pod("here", tenant), other = lab.Pod(to, tenant);
        string network = tenants.NetworkAddress(to).ToString();
        Assert.Equal(tenants.NetworkAddress("here"), await from.SourceSeenByAsync(to, network, PodPort(transport), transport));
        Assert.Equal(Tenants.HostnameOf(tenant, to), await from.NameOfAsync(network, PodPort(transport), transport));
        foreach (char family in lab.Families)
        {
            Assert.Equal(from.Address(family), await from.SourceSeenByAsync(other, family, transport));
            Assert.Equal(Tenants.HostnameOf(tenant, to), await from.NameOfAsync(other.Address(family).ToString(), PodPort(transport), transport));
        }
    }

    [Theory]
    [MemberData(nameof(PodsOfBothNodes))]
    public async Task A_node_reaches_a_tenants_pod_and_is_reached(string tenant, string pod, Transport transport)
    {
        Place node = lab.Node(1), other = lab.Pod(pod, tenant);
        foreach (char family in lab.Families)
        {
            Assert.Contains(await node.SourceSeenByAsync(other, family, transport), node.OwnAddresses());
            Assert.Equal(other.Address(family), await other.SourceSeenByAsync(node, family, transport));
            node.Run("ping", "-c", "1", "-W", "3", other.Address(family).ToString()).Succeeded();
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_pod_reaches_the_Services_of_its_tenant(string tenant, Transport transport)
    {
        Place from = lab.Pod("here", tenant);
        string[] pods = [Tenants.HostnameOf(tenant, "beside"), Tenants.HostnameOf(tenant, "there")];
        await from.HearsFromAsync(pods, lab.ServiceAddress("servers", tenant).ToString(), ServicePort(transport), transport);
        await from.HearsFromAsync(pods, $"servers.{tenant}", ServicePort(transport), transport);
        foreach (char family in lab.Families)
        {
            await from.HearsFromAsync(pods, Tenants.ExternalAddress(tenant, family), ServicePort(transport), transport);
            foreach (int node in new[] { 1, 2 })
            {
                await from.HearsFromAsync(pods, lab.Node(node).Address(family).ToString(), Tenants.NodePort(tenant, transport), transport);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task The_node_and_the_outside_reach_a_tenants_Service_and_its_port_of_the_node(string tenant, Transport transport)
    {
        Place outside = lab.Outside(), node = lab.Node(2);
        string[] pods = [Tenants.HostnameOf(tenant, "beside"), Tenants.HostnameOf(tenant, "there")];
        await node.HearsFromAsync(pods, lab.ServiceAddress("servers", tenant).ToString(), ServicePort(transport), transport);
        foreach (char family in lab.Families)
        {
            string first = lab.Node(1).Address(family).ToString();
            await outside.HearsFromAsync(pods, first, Tenants.NodePort(tenant, transport), transport);
            Assert.Equal(outside.Address(family), await outside.SourceSeenByAsync("the host port", first, Tenants.HostPort(tenant, transport), transport));
            Assert.Equal(Tenants.HostnameOf(tenant, "beside"), await outside.NameOfAsync(first, Tenants.HostPort(tenant, transport), transport));
            foreach (Place inside in new[] { lab.Node(1), node, lab.Pod("here", tenant), lab.Pod("there", tenant) })
            {
                Assert.Equal(Tenants.HostnameOf(tenant, "beside"), await inside.NameOfAsync(first, Tenants.HostPort(tenant, transport), transport));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_pod_of_a_tenant_reaches_itself_through_a_Service(string tenant, Transport transport) => Assert.Equal(
        Tenants.HostnameOf(tenant, "here"),
        await lab.Pod("here", tenant).NameOfAsync(lab.ServiceAddress("own", tenant).ToString(), ServicePort(transport), transport));

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public async Task A_headless_Service_and_the_names_of_its_pods_lead_to_pods_of_the_tenant(string tenant)
    {
        Place asking = lab.Pod("here", tenant);
        await Eventually.HoldsAsync("the names", () => asking.Run("nslookup", $"headless.{tenant}.svc.cluster.local").ExitCode == 0);
        foreach (string pod in new[] { "beside", "there" })
        {
            string name = Tenants.HostnameOf(tenant, pod);
            Assert.Equal(name, await asking.NameOfAsync($"{name}.headless.{tenant}.svc.cluster.local", 8080, Transport.Tcp));
        }
    }

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public async Task A_pod_of_a_tenant_may_bind_the_address_in_its_status(string tenant)
    {
        Place server = lab.Pod("here", tenant), client = lab.Pod("there", tenant);
        char family = lab.Families.First();
        string bound = new IPEndPoint(server.Address(family), 9000).ToString();
        server.Run("sh", "-c", "echo bound >/tmp/bound; case $POD_IP in *:*) POD_IP=[$POD_IP];; esac; busybox httpd -p $POD_IP:9000 -h /tmp").Succeeded();
        await Eventually.HoldsAsync("what is bound there", () => client.Run("busybox", "wget", "-q", "-O", "-", $"http://{bound}/bound").Output.Trim() == "bound");
    }

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public async Task A_pod_of_a_tenant_reaches_the_API_server_the_names_and_the_outside(string tenant)
    {
        string server = new IPEndPoint(lab.ServiceAddress("kubernetes", "default"), 443).ToString();
        foreach (string pod in new[] { "here", "there" })
        {
            Place asking = lab.Pod(pod, tenant);
            asking.Run("agnhost", "connect", "--timeout=5s", server).Succeeded();
            asking.Run("nslookup", "kubernetes.default.svc.cluster.local").Succeeded();
        }

        foreach ((string pod, int node) in new[] { ("here", 1), ("there", 2) })
        {
            foreach (char family in lab.Families)
            {
                Assert.Equal(
                    lab.Node(node).Address(family), await lab.Pod(pod, tenant).SourceSeenByAsync(lab.Outside(), family, Transport.Tcp));
            }
        }
    }

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public void kubectl_looks_into_a_tenants_pod_and_forwards_a_port_of_it(string tenant)
    {
        Assert.Equal(Tenants.HostnameOf(tenant, "there"), lab.Pod("there", tenant).Run("hostname").Succeeded().Trim());
        Assert.Contains("Started HTTP server", lab.Kubectl("logs", "--namespace", tenant, "there", "--container", "agnhost").Succeeded(), StringComparison.Ordinal);
        string forwarded = lab.Node(1).Run(
            "timeout", "20", "sh", "-c",
            $"kubectl port-forward --namespace {tenant} pod/there 18080:8080 >/dev/null & trap \"kill $!\" EXIT; until busybox wget -q -O - http://127.0.0.1:18080/hostname; do :; done").Succeeded();
        Assert.Equal(Tenants.HostnameOf(tenant, "there"), forwarded.Trim());
    }

    [Theory]
    [InlineData("red", "blue")]
    [InlineData("blue", "red")]
    public Task A_tenants_pods_reach_nothing_of_another_tenant(string tenant, string other) =>
        NothingIsReachedAsync(lab.Pod("here", tenant), WaysTo(other), lab.Pod("here", other));

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public Task Pods_of_the_default_network_reach_nothing_of_a_tenant(string tenant) =>
        NothingIsReachedAsync(lab.Pod("first"), WaysTo(tenant), lab.Pod("here", tenant));

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public async Task A_tenants_pods_reach_nothing_of_the_default_network(string tenant)
    {
        var ways = new List<Way>();
        foreach (Transport transport in new[] { Transport.Tcp, Transport.Udp })
        {
            ways.Add(new(lab.ServiceAddress("servers").ToString(), ServicePort(transport), transport));
            foreach (char family in lab.Families)
            {
                ways.AddRange(
                [
                    new(lab.Pod("neighbour").Address(family).ToString(), PodPort(transport), transport),
                    new(lab.Pod("remote").Address(family).ToString(), PodPort(transport), transport),
                    new(lab.Node(1).Address(family).ToString(), 30080 + (int)transport, transport),
                    new(lab.Node(2).Address(family).ToString(), 30080 + (int)transport, transport),
                    new(lab.Node(1).Address(family).ToString(), 8090 + (int)transport, transport),
                ]);
            }
        }

        await NothingIsReachedAsync(lab.Pod("here", tenant), ways, lab.Pod("first"));
        await NothingIsReachedAsync(lab.Pod("there", tenant), ways, lab.Pod("remote"));
    }

    [Theory]
    [InlineData("red", "blue")]
    [InlineData("blue", "red")]
    public async Task What_a_tenants_pod_forges_reaches_no_pod_of_another_tenant(string tenant, string other)
    {
        Place from = lab.Pod("here", tenant), who = lab.Pod("here", other);
        IPAddress network = tenants.NetworkAddress("here");
        Place own = lab.Pod("beside", tenant);
        using (var honest = new Forgery(from, own))
        {
            honest.SendAll([from.Address(lab.Families.First())], [own.Address(lab.Families.First())]);
            await honest.ArrivesAsync();
        }

        foreach (string name in new[] { "beside", "there" })
        {
            Place to = lab.Pod(name, other);
            using var forgery = new Forgery(from, to);
            foreach (char family in lab.Families)
            {
                IPAddress[] inNetwork = network.AddressFamily == from.Address(family).AddressFamily ? [network] : [];
                IPAddress[] sources = [from.Address(family), who.Address(family), lab.Pod("first").Address(family), lab.Node(1).Address(family), .. inNetwork];
                IPAddress[] targets = [to.Address(family), .. inNetwork.Select(_ => tenants.NetworkAddress(name))];
                forgery.SendAll(sources, targets);

                // As what another node would have sent of the tenant whose pod is asked.
                forgery.SendInVxlan(
                    from.Address(family), [lab.Node(1).Address(family), lab.Node(2).Address(family)], Tenants.FirstVni(other), sources, targets);
            }

            await forgery.NothingArrivesAsync(who, lab.Families.First());
        }
    }

    [Theory]
    [InlineData("red")]
    [InlineData("blue")]
    public async Task A_tenants_connections_go_on_while_netplugin_is_killed_and_started_on_both_nodes(string tenant)
    {
        Place from = lab.Pod("here", tenant);
        Conversation inNetwork = await Conversation.BeginAsync(from, tenants.NetworkAddress("there"));
        Conversation inCluster = await Conversation.BeginAsync(from, lab.Pod("there", tenant).Address(lab.Families.First()));
        await inNetwork.OutlivesNetpluginAsync(lab);
        await inCluster.GoesOnAsync();
    }

    /// <summary>Who may go a way goes it, and then who may not does not.</summary>
    private static async Task NothingIsReachedAsync(Place from, IReadOnlyCollection<Way> ways, Place who)
    {
        foreach (Way way in ways)
        {
            await who.NameOfAsync(way.Host, way.Port, way.Transport);
        }

        // Nobody answers, so each takes its two seconds: side by side.
        bool[] reached = await Task.WhenAll(ways.Select(way => Task.Run(() => from.Reaches(way.Host, way.Port, way.Transport))));
        Assert.Equal([], ways.Where((_, i) => reached[i]));
        foreach (string pod in ways.Where(way => way.Port == PodPort(Transport.Tcp)).Select(way => way.Host).Distinct())
        {
            Assert.NotEqual(0, from.Run("ping", "-c", "1", "-W", "1", pod).ExitCode);
            who.Run("ping", "-c", "1", "-W", "3", pod).Succeeded();
        }
    }

    private static int PodPort(Transport transport) => 8080 + (int)transport;

    private static int ServicePort(Transport transport) => 80 + (int)transport;

    /// <summary>All that leads to a tenant's pods, but for their network addresses, which who asks may have itself.</summary>
    private List<Way> WaysTo(string tenant)
    {
        var ways = new List<Way>();
        foreach (Transport transport in new[] { Transport.Tcp, Transport.Udp })
        {
            ways.Add(new(lab.ServiceAddress("servers", tenant).ToString(), ServicePort(transport), transport));
            foreach (char family in lab.Families)
            {
                string first = lab.Node(1).Address(family).ToString(), second = lab.Node(2).Address(family).ToString();
                ways.AddRange(
                [
                    new(lab.Pod("beside", tenant).Address(family).ToString(), PodPort(transport), transport),
                    new(lab.Pod("there", tenant).Address(family).ToString(), PodPort(transport), transport),
                    new(Tenants.ExternalAddress(tenant, family), ServicePort(transport), transport),
                    new(first, Tenants.NodePort(tenant, transport), transport),
                    new(second, Tenants.NodePort(tenant, transport), transport),
                    new(first, Tenants.HostPort(tenant, transport), transport),
                ]);
            }
        }

        return ways;
    }

    /// <summary>An address and port that lead to a pod.</summary>
    private sealed record Way(string Host, int Port, Transport Transport);
}
