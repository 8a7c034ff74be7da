using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Bench;

/// <summary>
/// What netplugin is compared with, built from plain kernel parts with iproute2. Every pair has the MTU that an overlay on a 1500-byte
/// underlay leaves (1450), so that only the way between the ends differs.
/// </summary>
internal sealed class Baselines : IDisposable
{
    private const string Prefix = "npbench-";
    private static readonly string FloorObject = System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "bench", "floor.bpf.o");
    private readonly List<string> _namespaces = [];

    /// <summary>Two namespaces joined by one veth pair: nothing can be faster on one node.</summary>
    public TrafficPath BareVeth()
    {
        var (a, b) = (Namespace("veth-a"), Namespace("veth-b"));
        Ip($"link add eth0 mtu 1450 netns {a} type veth peer name eth0 mtu 1450 netns {b}");
        Address(a, "eth0", "10.201.0.1/24");
        Address(b, "eth0", "10.201.0.2/24");
        return new("bare veth pair", Path(a), Path(b), "10.201.0.2");
    }

    /// <summary>
    /// Two pods on a node, each with a veth pair and a tc program on its host end that only redirects into the other pod (<c>bench/floor.bpf.c</c>):
    /// no datapath of this kind can be faster on one node.
    /// </summary>
    public TrafficPath EmptyProgram()
    {
        var (node, a, b) = (Namespace("floor-node"), Namespace("floor-a"), Namespace("floor-b"));
        foreach (var (pod, index, address) in ((string, int, string)[])[(a, 10, "10.204.0.1/24"), (b, 11, "10.204.0.2/24")])
        {
            var host = $"pod{index}";
            Ip($"link add {host} index {index} mtu 1450 netns {node} type veth peer name eth0 mtu 1450 netns {pod}");
            Command.Run("tc", "-n", node, "qdisc", "add", "dev", host, "clsact").Succeeded();
            Command.Run("tc", "-n", node, "filter", "add", "dev", host, "ingress", "bpf", "da", "obj", FloorObject, "sec", "tc").Succeeded();
            Ip($"-n {node} link set {host} up");
            Address(pod, "eth0", address);
        }

        return new("two veth pairs, empty tc program", Path(a), Path(b), "10.204.0.2");
    }

    /// <summary>Two nodes, each with its end of one kernel VXLAN as the only hop.</summary>
    public TrafficPath PointToPointVxlan()
    {
        var (a, b) = Nodes("ptp");
        Vxlan(a, "192.168.2.2", "192.168.2.3");
        Vxlan(b, "192.168.2.3", "192.168.2.2");
        Address(a, "vx0", "10.202.0.1/24");
        Address(b, "vx0", "10.202.0.2/24");
        return new("point-to-point kernel VXLAN", Path(a), Path(b), "10.202.0.2");
    }

    /// <summary>Two nodes, each with a Linux bridge that joins a pod's veth and a VXLAN device: the classic overlay.</summary>
    public TrafficPath BridgeAndVxlan()
    {
        var (a, b) = Nodes("bridge");
        Vxlan(a, "192.168.2.2", "192.168.2.3");
        Vxlan(b, "192.168.2.3", "192.168.2.2");
        return new("Linux bridge + VXLAN", Path(BridgedPod(a, "10.203.0.1/24")), Path(BridgedPod(b, "10.203.0.2/24")), "10.203.0.2");
    }

    /// <summary>
    /// Two pods of one node, routed by the node, and a Service in front of the server, by rules written after those of kube-proxy's nftables mode
    /// (kubernetes 1.33, pkg/proxy/nftables): a verdict map of addresses and ports with <paramref name="services"/> others in it, a chain for the Service, one for its
    /// endpoint, the filters that it runs new connections through, and masquerading by mark.
    /// </summary>
    public TrafficPath KubeProxy(int services)
    {
        var (node, a, b) = (Namespace("proxy-node"), Namespace("proxy-a"), Namespace("proxy-b"));
        foreach (var (pod, index, address) in ((string, int, string)[])[(a, 10, "10.205.0.10"), (b, 11, "10.205.0.11")])
        {
            var host = $"pod{index}";
            Ip($"link add {host} index {index} mtu 1450 netns {node} type veth peer name eth0 mtu 1450 netns {pod}");
            Ip($"-n {node} link set {host} up");
            Address(node, host, "10.205.0.1/32");
            Ip($"-n {node} route add {address}/32 dev {host}");
            Address(pod, "eth0", address + "/32");
            Ip($"-n {pod} route add 10.205.0.1 dev eth0 scope link");
            Ip($"-n {pod} route add default via 10.205.0.1");
        }

        Command.Run("nsenter", "--net=" + Path(node), "sysctl", "-qw", "net.ipv4.ip_forward=1").Succeeded();
        string others = string.Concat(Enumerable.Range(0, services).Select(i => FormattableString.Invariant(
            $", 10.96.{1 + i / 250}.{1 + i % 250} . tcp . 80 : goto service-other")));
        Command.Run("nsenter", ["--net=" + Path(node), "nft", "-f", "-"],
            $$"""
            table ip kube-proxy {
              chain endpoint-one { ip saddr 10.205.0.11 jump mark-for-masquerade; meta l4proto tcp dnat to 10.205.0.11:{{Traffic.RedisPort}}; }
              chain service-one { ip daddr 10.96.0.10 tcp dport 80 ip saddr != 10.205.0.0/16 jump mark-for-masquerade; numgen random mod 1 vmap { 0 : goto endpoint-one }; }
              chain service-other { ip saddr != 10.205.0.0/16 jump mark-for-masquerade; numgen random mod 1 vmap { 0 : goto endpoint-one }; }
              chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
              map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.10 . tcp . 80 : goto service-one{{others}} } }
              map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
              map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
              chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
              chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
              chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
              chain masquerading { meta mark & 0x4000 == 0 return; meta mark set meta mark xor 0x4000; masquerade fully-random; }
              chain filter-prerouting { type filter hook prerouting priority -110; ct state new jump firewall-check; }
              chain filter-forward { type filter hook forward priority -110; ct state new jump service-endpoints-check; }
              chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
              chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
            }
            """, TimeSpan.FromMinutes(1)).Succeeded();
        return new($"kube-proxy's rules, {services} Services", Path(a), Path(b), "10.96.0.10", 80);
    }

    public static string Path(string name) => $"/var/run/netns/{name}";

    /// <summary>Makes a namespace that goes when this object goes.</summary>
    public string Namespace(string name)
    {
        var full = Prefix + name;
        if (File.Exists(Path(full)))
        {
            Ip($"netns del {full}");
        }

        Ip($"netns add {full}");
        _namespaces.Add(full);
        Ip($"-n {full} link set lo up");
        return full;
    }

    public void Dispose()
    {
        foreach (var name in _namespaces)
        {
            Ip($"netns del {name}");
        }
    }

    private (string A, string B) Nodes(string name)
    {
        var (a, b) = (Namespace(name + "-node-a"), Namespace(name + "-node-b"));
        Ip($"link add eth1 netns {a} type veth peer name eth1 netns {b}");
        Address(a, "eth1", "192.168.2.2/24");
        Address(b, "eth1", "192.168.2.3/24");
        return (a, b);
    }

    private static void Vxlan(string node, string local, string remote)
    {
        Ip($"-n {node} link add vx0 type vxlan id 77 dev eth1 local {local} remote {remote} dstport 4789");
        Ip($"-n {node} link set vx0 up");
    }

    private string BridgedPod(string node, string address)
    {
        var pod = Namespace(node[Prefix.Length..] + "-pod");
        Ip($"-n {node} link add br0 mtu 1450 type bridge");
        Ip($"link add pod0 mtu 1450 netns {node} type veth peer name eth0 mtu 1450 netns {pod}");
        foreach (var port in (string[])["vx0", "pod0"])
        {
            Ip($"-n {node} link set {port} master br0 up");
        }

        Ip($"-n {node} link set br0 up");
        Address(pod, "eth0", address);
        return pod;
    }

    private static void Address(string space, string device, string address)
    {
        Ip($"-n {space} addr add {address} dev {device}");
        Ip($"-n {space} link set {device} up");
    }

    private static void Ip(string words) => Command.Run("ip", words.Split(' ')).Succeeded();
}
