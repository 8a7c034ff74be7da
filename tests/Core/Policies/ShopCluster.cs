using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Core.Policies;

/// <summary>A shop and its surroundings: a few ends that tables of attempts are about, and short ways to write policies.</summary>
internal static class ShopCluster
{
    public const byte Tcp = 6, Udp = 17, Sctp = 132, Icmp = 1;

    public static readonly NetworkId Orange = new("blue", "orange");
    public static readonly NetworkId Purple = new("blue", "purple");
    public static readonly PolicyNode Node1 = new("n1", Of("zone=a"));
    public static readonly PolicyNode Node2 = new("n2", Of("zone=b,role=db"));

    // Pods of the default network: the shop's web (with named ports) and database, the shop's other web, and one of another namespace.
    public static readonly PolicyEndpoint Web = Pod("shop", "web", "app=web", "10.1.0.1", "n1", new NamedPort("http", TransportProtocol.Tcp, 8080), new("dns", TransportProtocol.Udp, 53));
    public static readonly PolicyEndpoint Db = Pod("shop", "db", "app=db,tier=back", "10.1.1.1", "n2", new NamedPort("http", TransportProtocol.Tcp, 9090));
    public static readonly PolicyEndpoint Probe = Pod("ops", "probe", "app=probe", "10.1.0.2", "n1");

    // A tenant's: one with a pod behind it and a cluster address, two without Kubernetes.
    public static readonly PolicyEndpoint Cart = new(
        new(Orange, "shop.cart"), "front", [IpAddr.Parse("11.1.0.1")], [IpAddr.Parse("10.1.0.9")], "n1", new(new("shop", "cart"), Of("app=cart"), Of("team=shop"), []));
    public static readonly PolicyEndpoint Store = new(new(Orange, "store"), "back", [IpAddr.Parse("11.1.0.2")], [], "n2", null);
    public static readonly PolicyEndpoint Other = new(new(Purple, "other"), "", [IpAddr.Parse("11.2.0.1")], [], "n2", null);

    /// <summary>Short names of ends, for tables.</summary>
    public static AttemptEnd End(string name) => name switch
    {
        "web" => At(Web, "10.1.0.1"),
        "db" => At(Db, "10.1.1.1"),
        "probe" => At(Probe, "10.1.0.2"),
        "cart" => At(Cart, "11.1.0.1"),
        "cart-cluster" => At(Cart, "10.1.0.9"),
        "store" => At(Store, "11.1.0.2"),
        "other" => At(Other, "11.2.0.1"),
        "node1" => new AttemptEnd.OfNode(Node1, IpAddr.Parse("192.168.2.10")),
        "node2" => new AttemptEnd.OfNode(Node2, IpAddr.Parse("192.168.2.11")),
        _ => new AttemptEnd.Outside(IpAddr.Parse(name)),
    };

    public static AttemptEnd At(PolicyEndpoint endpoint, string address) => new AttemptEnd.OfEndpoint(endpoint, IpAddr.Parse(address));

    public static PolicyEndpoint Pod(string space, string name, string labels, string address, string node, params NamedPort[] ports) => new(
        new(NetworkId.ClusterDefault, $"{space}.{name}"), "", [], [IpAddr.Parse(address)], node, new(new(space, name), Of(labels), Of($"team={space}"), [.. ports]));

    public static Labels Of(string labels) => new(labels.Split(',').Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1])));

    /// <summary><c>a=b,c=d</c> as a selector; the empty text is the empty selector.</summary>
    public static LabelSelector Select(string labels) =>
        new(labels.Length == 0 ? [] : [.. Of(labels).Pairs.Select(pair => new LabelRequirement(pair.Key, LabelOperator.In, [pair.Value]))]);

    public static Attempt Try(string from, string to, byte protocol = Tcp, int port = 80) => new(End(from), End(to), protocol, (ushort)port);

    public static bool Allows(this PolicySet policies, string from, string to, byte protocol = Tcp, int port = 80) =>
        PolicyJudge.Judge(policies, Try(from, to, protocol, port)).IsAllowed;

    public static PolicySet Set(params NetworkPolicy[] policies) => PolicySet.Empty with { Network = [.. policies] };

    public static PolicySet Set(params ClusterNetworkPolicy[] policies) => PolicySet.Empty with { Cluster = [.. policies] };

    public static PolicySet Set(params IntentPolicy[] policies) => PolicySet.Empty with { Intent = [.. policies] };

    /// <summary>A policy of namespace shop for ingress alone.</summary>
    public static NetworkPolicy Ingress(string selector, params NetworkPolicyRule[] rules) => new(new("shop", "in"), Select(selector), new([.. rules]), null);

    /// <summary>A policy of namespace shop for egress alone.</summary>
    public static NetworkPolicy Egress(string selector, params NetworkPolicyRule[] rules) => new(new("shop", "out"), Select(selector), null, new([.. rules]));

    public static NetworkPolicyRule From(params NetworkPolicyPeer[] peers) => new([.. peers], []);

    public static NetworkPolicyRule By(params NetworkPolicyPort[] ports) => new([], [.. ports]);

    /// <summary>A policy of the cluster for every pod of namespace shop, with ingress rules.</summary>
    public static ClusterNetworkPolicy Cluster(string name, ClusterPolicyTier tier, int priority, params ClusterPolicyRule[] ingress) =>
        new(name, tier, priority, new(Select("team=shop"), Select("")), [.. ingress], []);

    public static ClusterPolicyPeer Team(string team, string pods = "") => new ClusterPolicyPeer.Pods(new(Select(team.Length == 0 ? "" : $"team={team}"), Select(pods)));

    public static ClusterPolicyRule Rule(PolicyAction action, ClusterPolicyPeer peer, params ClusterPolicyProtocol[] protocols) => new("", action, [peer], [.. protocols]);
}
