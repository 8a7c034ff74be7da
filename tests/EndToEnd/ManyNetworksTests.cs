using System.Globalization;
using System.Net;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What networks cost a node: those it only knows, those its pods are in, and those that come and go.</summary>
public sealed class ManyNetworksTests(ITestOutputHelper output)
{
    private const int Tenants = 4;
    private const int NetworksEach = 500;
    private const int InUse = 50;
    private const int Elsewhere = 5;
    private const int Rounds = 40;
    private const double Megabyte = 1e6;
    private const double MegabytesMore = 16;

    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task A_node_that_knows_2000_networks_and_uses_50_has_the_kernel_objects_of_one_with_one()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: DefaultNetworkTests.Block);
        ClusterNode here = cluster[1], there = cluster[2];
        cluster.Post(Intent(1, 1), "-add-cfg").Succeeded();
        List<Pod> onHere = [Attached(here, "a", 0)], onThere = [Attached(there, "b", 0)];
        await Eventually.HoldsAsync("the first network to work", () => onHere[0].Reaches(AddressOf(onThere[0])));
        string withOne = await SettledObjectsAsync(here);
        double before = here.Daemon.ResidentBytes() / Megabyte;

        cluster.Post(Intent(Tenants, NetworksEach), "-add-cfg").Succeeded();
        Assert.Equal(Tenants * NetworksEach, NetworksKnown(cluster));
        onHere.AddRange(Enumerable.Range(1, InUse - 1).Select(number => Attached(here, "a", number)));
        int[] sample = [.. Enumerable.Range(Tenants, 2 * Tenants)];
        onThere.AddRange(sample.Select(number => Attached(there, "b", number)));
        onThere.AddRange(Enumerable.Range(InUse, Elsewhere).Select(number => Attached(there, "b", number)));

        // The networks of a row of tenants have the same subnets, so their pods have the same addresses.
        Pod[] from = [.. sample.Select(number => onHere[number])], to = [.. sample.Select((_, index) => onThere[1 + index])];
        foreach (Pod[] row in to.Chunk(Tenants))
        {
            string address = Assert.Single(row.Select(AddressOf).Distinct());
            foreach ((Pod sender, Pod receiver) in from.Zip(to).Where(pair => row.Contains(pair.Second)))
            {
                await Eventually.HoldsAsync($"{sender.Name} to reach {receiver.Name}", () => sender.Reaches(address));
                Assert.Equal([receiver.Name], await Reachability.WhoGetsAsync(sender, address, row));
                Assert.Equal([sender.Name], await Reachability.WhoGetsAsync(receiver, AddressOf(sender), [.. from.Where(pod => AddressOf(pod) == AddressOf(sender))]));
            }
        }

        Assert.Equal(withOne, KernelObjects(here));
        Dictionary<string, int> entries = Entries(here);
        double after = here.Daemon.ResidentBytes() / Megabyte;
        string[] devices = Devices(here);
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{devices.Length} devices beside pods' links: {string.Join(' ', devices)}; all objects in {withOne.Count(letter => letter == '\n')} lines"));
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Tenants * NetworksEach} networks known, {InUse} in use: daemon {before:0.0} MB before, {after:0.0} MB after"));
        _output.WriteLine(string.Join(", ", entries.Select(map => $"{map.Key} {map.Value}")));

        // The default network is network 0. Its endpoints are the nodes, by two addresses each, and the cluster addresses of this node's pods. Of the
        // other node's pods only those are here whose networks are used here.
        Assert.Equal(InUse + 1, entries["np_networks"]);
        Assert.Equal(InUse, entries["np_interfaces"]);
        Assert.Equal((2 * cluster.Nodes.Count) + (2 * InUse) + 1 + sample.Length, entries["np_endpoints"]);
        Assert.InRange(after, 0, before + MegabytesMore);
    }

    [Fact]
    public async Task Networks_come_and_go_under_traffic_of_another_without_a_lost_packet()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: DefaultNetworkTests.Block);
        string stays = Intents.OneTenant(("orange", ["c1", "c2"]));
        cluster.Post(stays).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        c1.Add();
        c2.Add();
        string first = AddressOf(c1), second = AddressOf(c2);
        await Eventually.HoldsAsync("the pods to reach each other", () => c1.Reaches(second) && c2.Reaches(first));
        string objects = await SettledObjectsAsync(cluster[1]);
        Dictionary<string, int> entries = Entries(cluster[1]);

        int changes = 0;
        using NumberedPackets there = NumberedPackets.Start(c1.NetworkNamespace, c2.NetworkNamespace, IPAddress.Parse(second));
        using NumberedPackets back = NumberedPackets.Start(c2.NetworkNamespace, c1.NetworkNamespace, IPAddress.Parse(first));
        for (int round = 0; round < Rounds; round++)
        {
            string networks = Intent(Tenants, 2);
            cluster.Post(networks, "-add-cfg").Succeeded();
            Pod[] pods =
            [
                .. Enumerable.Range(0, Tenants).Select(number => Attached(cluster[1], "a", number)),
                .. Enumerable.Range(0, Tenants).Select(number => Attached(cluster[2], "b", number)),
            ];
            string address = AddressOf(pods[Tenants]);
            await Eventually.HoldsAsync("the newest networks to work", () => pods[0].Reaches(address));

            // By turns: pods go first, their networks go under them, or everything that a whole intent does not name goes.
            if (round % 3 == 0)
            {
                Delete(pods);
            }

            (round % 3 == 2 ? cluster.Post(stays) : cluster.Post(Intent(Tenants, 0), "-del-cfg")).Succeeded();
            if (round % 3 != 0)
            {
                Delete(pods);
            }

            changes += 2 + (2 * pods.Length);
        }

        Assert.Empty(await there.StopAsync());
        Assert.Empty(await back.StopAsync());
        _output.WriteLine($"{changes} changes; there: {there}; back: {back}");
        Assert.Equal(0, there.Repeated);
        Assert.Equal(0, back.Repeated);
        Assert.True(there.Sent > 1000, "the stream ran");
        Assert.True(back.Sent > 1000, "the other ran too");
        await Eventually.HoldsAsync("nothing of them to be left", () => KernelObjects(cluster[1]) == objects && Entries(cluster[1]).SequenceEqual(entries));
    }

    /// <summary>
    /// Tenants with as many networks each, all tenants' subnets the same. Counted through, tenants first, network number n has the containers
    /// <c>a-n</c> and <c>b-n</c>.
    /// </summary>
    private static string Intent(int tenants, int networksEach) => $$"""{ "Tenants": [ {{string.Join(",\n", Enumerable.Range(0, tenants).Select(tenant => Tenant(tenant, tenants, networksEach)))}} ] }""";

    private static string Tenant(int tenant, int tenants, int networks) => string.Create(CultureInfo.InvariantCulture, $$"""
        { "Name": "many-{{tenant}}", "SubnetPool": "11.0.0.0/14", "AllocSubnetLen": 24, "Vxlans": "{{20001 + (1000 * tenant)}}-{{21000 + (1000 * tenant)}}", "Networks": [
        {{string.Join(",\n", Enumerable.Range(0, networks).Select(network => Network((network * tenants) + tenant)))}} ] }
        """);

    private static string Network(int number) => string.Create(
        CultureInfo.InvariantCulture, $$"""{ "Name": "net-{{number}}", "Endpoints": [ { "Container": "a-{{number}}" }, { "Container": "b-{{number}}" } ] }""");

    private static Pod Attached(ClusterNode node, string kind, int network)
    {
        Pod pod = node.CreatePod(string.Create(CultureInfo.InvariantCulture, $"{kind}-{network}"));
        pod.Add();
        return pod;
    }

    private static void Delete(Pod[] pods)
    {
        foreach (Pod pod in pods)
        {
            pod.Delete();
            pod.RemoveNamespace();
        }
    }

    private static string AddressOf(Pod pod) => Assert.Single(DualStack.NetworkAddresses(pod, "11."));

    private static int NetworksKnown(Cluster cluster)
    {
        using JsonDocument networks = JsonDocument.Parse(cluster.Netdcli("get", "networks", "-o", "json").Succeeded());
        return networks.RootElement.GetArrayLength();
    }

    /// <summary>
    /// A node's kernel objects once the kernel is done with its devices' own addresses: it adds a link-local address's route only when duplicate address
    /// detection has ended, up to two seconds after the device came up (RFC 4862, 5.4).
    /// </summary>
    private static async Task<string> SettledObjectsAsync(ClusterNode node)
    {
        await Eventually.HoldsAsync(
            "the devices' own addresses to be in use",
            () => Devices(node).All(device => node.Node.Run("ip", "-6", "address", "show", "dev", device, "tentative").Succeeded().Length == 0));
        return KernelObjects(node);
    }

    /// <summary>
    /// Every kernel object of a node that is not a pod's link or on one: devices, firewall, routes and rules of both families, what hangs on the devices,
    /// tunnel entries, pins. As text, so that a difference can be read.
    /// </summary>
    private static string KernelObjects(ClusterNode node)
    {
        string hanging = string.Concat(Devices(node).Select(device => $"{device}\n" + node.Node.Run(
            "bash", "-c", "tc qdisc show dev $0; tc filter show dev $0 ingress; tc filter show dev $0 egress; bridge fdb show dev $0", device).Succeeded()));
        string rest = node.Node.Run(
            "bash",
            "-c",
            "nft -s list ruleset; for family in -4 -6; do ip $family rule; ip $family route show table all; done; find /sys/fs/bpf | sort").Succeeded();
        return hanging + string.Join('\n', rest.Split('\n').Where(line => !line.Split(' ').Any(IsPodLink)));
    }

    private static string[] Devices(ClusterNode node) =>
    [
        .. node.Node.Run("bash", "-c", "ip -j link | jq -r '.[].ifname' | sort").Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => !IsPodLink(name)),
    ];

    /// <summary>True for a pod's link, by docs/architecture.md: <c>np</c> and 11 hex digits.</summary>
    private static bool IsPodLink(string name) => name.Length == 13 && name.StartsWith("np", StringComparison.Ordinal) && name[2..].All(char.IsAsciiHexDigit);

    /// <summary>How many entries each of the node's pinned hash maps has.</summary>
    private static Dictionary<string, int> Entries(ClusterNode node) => node.Node.Run(
            "bash",
            "-c",
            "for map in /sys/fs/bpf/netplugin/g*/np_*; do bpftool map show pinned \"$map\" 2>/dev/null | grep -q hash && echo \"$(basename \"$map\") $(bpftool -j map dump pinned \"$map\" | jq length)\"; done; true")
        .Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(line => line.Split(' ')[0], line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
