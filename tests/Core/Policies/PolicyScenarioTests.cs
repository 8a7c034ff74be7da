using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;
using Netplugin.Tests.Support.Policies;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies;

/// <summary>Small clusters with what node n2 decides in them; the node hears of their objects in every order, of some twice, of some that they were gone in between.</summary>
public sealed class PolicyScenarioTests
{
    private static readonly NetworkPolicy Closed = Ingress("") with { Name = new("shop", "closed") };
    private static readonly NetworkPolicy OpenToWeb = Ingress(
        "app=db", new NetworkPolicyRule([new NetworkPolicyPeer.Pods(null, Select("app=web"))], [new NetworkPolicyPort.Named(TransportProtocol.Tcp, "http")]));

    private static readonly Told[] Pods = [Told.Of(Web), Told.Of(Db), Told.Of(Probe)];

    [Fact]
    public void A_namespace_that_is_closed_and_open_to_one_application() => Check(
        [.. Pods, Told.Of(NetworkPolicyNormal.Of(Closed)), Told.Of(NetworkPolicyNormal.Of(OpenToWeb))],
        [
            "web to db tcp/9090: allowed by NetworkPolicy shop/in, ingress rule 0",
            "web to db tcp/80: denied, isolated by NetworkPolicy shop/closed, NetworkPolicy shop/in",
            "probe to db tcp/9090: denied, isolated by NetworkPolicy shop/closed, NetworkPolicy shop/in",
            "node1 to db tcp/9090: denied, isolated by NetworkPolicy shop/closed, NetworkPolicy shop/in",
            "db to web tcp/80: allowed",
        ]);

    [Fact]
    public void A_label_takes_a_pod_out_of_a_policy() => Check(
        // The database once more, with another label.
        [.. Pods, Told.Of(NetworkPolicyNormal.Of(OpenToWeb)), Told.Of(Pod("shop", "db", "app=other", "10.1.1.1", "n2"))],
        ["web to db tcp/80: allowed", "probe to db tcp/9090: allowed"]);

    [Fact]
    public void An_administrator_goes_before_a_namespace_and_another_after_it() => Check(
        [
            .. Pods,
            Told.Of(NetworkPolicyNormal.Of(OpenToWeb)),
            Told.Of(ClusterNetworkPolicyNormal.Of(Cluster("ops", ClusterPolicyTier.Admin, 1, Rule(PolicyAction.Accept, Team("ops")), Rule(PolicyAction.Pass, Team("shop"))))),
            Told.Of(ClusterNetworkPolicyNormal.Of(Cluster("all", ClusterPolicyTier.Admin, 2, Rule(PolicyAction.Deny, Team("shop"))))),
        ],
        [
            "probe to db tcp/22: allowed by ClusterNetworkPolicy ops, ingress rule 0",
            "web to db tcp/9090: allowed by NetworkPolicy shop/in, ingress rule 0",
            "web to db tcp/22: denied, isolated by NetworkPolicy shop/in",
        ]);

    [Fact]
    public void Blocks_of_addresses_mean_pods_nodes_and_what_is_outside() => Check(
        [
            .. Pods,
            Told.Of(Node1, IpAddr.Parse("192.168.2.10")),
            Told.Of(NetworkPolicyNormal.Of(Ingress("app=db", From(new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("0.0.0.0/0"), [IpPrefix.Parse("10.1.0.2/32"), IpPrefix.Parse("203.0.113.0/24")]))))),
        ],
        [
            "web to db tcp/80: allowed by NetworkPolicy shop/in, ingress rule 0",
            "probe to db tcp/80: denied, isolated by NetworkPolicy shop/in",
            "node1 to db tcp/80: allowed by NetworkPolicy shop/in, ingress rule 0",
            "198.51.100.1 to db tcp/80: allowed by NetworkPolicy shop/in, ingress rule 0",
            "203.0.113.9 to db tcp/80: denied, isolated by NetworkPolicy shop/in",
        ]);

    [Fact]
    public void A_group_of_a_tenant_is_closed_but_to_another() => Check(
        [
            Told.Of(Cart),
            Told.Of(Store),
            Told.Of(Other),
            Told.Of(IntentPolicyNormal.Of(new(
                "blue",
                "store-in",
                [new(Orange, "back")],
                [
                    new("1", PolicyDirection.Ingress, 1, IntentPeer.Anybody, IntentProtocol.Any, 0, false),
                    new("2", PolicyDirection.Ingress, 9, new(new GroupId(Orange, "front"), null, IpPrefix.Parse("10.1.0.8/30")), new(Tcp), 6379, true),
                ]))),
        ],
        [
            "cart to store tcp/6379: allowed by policy blue/store-in, ingress rule 1 (2)",
            "cart to store tcp/80: denied by policy blue/store-in, ingress rule 0 (1)",
            "other to store tcp/6379: denied by policy blue/store-in, ingress rule 0 (1)",
            "store to cart tcp/6379: allowed",
        ]);

    [Fact]
    public void A_name_of_a_port_is_the_number_of_who_is_connected_to() => Check(
        [
            .. Pods,
            Told.Of(NetworkPolicyNormal.Of(Egress("app=db", By(new NetworkPolicyPort.Named(TransportProtocol.Tcp, "http"))))),
        ],
        [
            "db to web tcp/8080: allowed by NetworkPolicy shop/out, egress rule 0",
            "db to web tcp/9090: denied, isolated by NetworkPolicy shop/out",
            "db to probe tcp/8080: denied, isolated by NetworkPolicy shop/out",
            "db to 198.51.100.1 tcp/8080: denied, isolated by NetworkPolicy shop/out",
        ]);

    [Fact]
    public void An_address_that_several_claim_is_the_first_ones_by_name_and_no_nodes() => Check(
        [.. Pods, Told.Of(Pod("shop", "zebra", "app=other", "10.1.0.1", "n1")), Told.Of(Node1, IpAddr.Parse("10.1.0.1")), Told.Of(NetworkPolicyNormal.Of(OpenToWeb))],
        ["web to db tcp/9090: allowed by NetworkPolicy shop/in, ingress rule 0"]);

    [Fact]
    public void Another_that_goes_before_it_by_name_has_the_address() => Check(
        [.. Pods, Told.Of(Pod("shop", "ant", "app=other", "10.1.0.1", "n1")), Told.Of(NetworkPolicyNormal.Of(OpenToWeb))],
        ["web to db tcp/9090: denied, isolated by NetworkPolicy shop/in"]);

    [Fact]
    public void One_that_has_an_address_in_a_network_too_has_it_whatever_the_names() => Check(
        [.. Pods, Told.Of(Cart with { ClusterAddresses = Web.ClusterAddresses }), Told.Of(NetworkPolicyNormal.Of(OpenToWeb))],
        ["web to db tcp/9090: denied, isolated by NetworkPolicy shop/in"]);

    private static void Check(Told[] objects, string[] expected)
    {
        var first = "";
        foreach (var order in Orders(objects))
        {
            foreach (var way in (Action<Told[], PolicyCompiler, PolicyTables>[])[AtOnce, OneByOne, Twice, WithGaps])
            {
                var (compiler, maps) = (new PolicyCompiler("n2"), new PolicyTables());
                way(order, compiler, maps);
                maps.Apply(compiler.TakeChanges());
                Assert.Equal(expected, expected.Select(line => Answer(maps, line)));
                first = first.Length == 0 ? maps.Describe() : first;
                Assert.Equal(first, maps.Describe());
            }
        }
    }

    private static void AtOnce(Told[] objects, PolicyCompiler compiler, PolicyTables maps) => Array.ForEach(objects, one => one.Set(compiler));

    private static void OneByOne(Told[] objects, PolicyCompiler compiler, PolicyTables maps) => Array.ForEach(objects, one =>
    {
        one.Set(compiler);
        maps.Apply(compiler.TakeChanges());
    });

    private static void Twice(Told[] objects, PolicyCompiler compiler, PolicyTables maps)
    {
        OneByOne(objects, compiler, maps);
        Array.ForEach(objects, one => one.Set(compiler));
        Assert.Empty(compiler.TakeChanges());
    }

    private static void WithGaps(Told[] objects, PolicyCompiler compiler, PolicyTables maps)
    {
        OneByOne([.. objects.Skip(2)], compiler, maps);
        Array.ForEach(objects, one => one.Remove(compiler));
        maps.Apply(compiler.TakeChanges());
        Assert.Equal("", maps.Describe());
        OneByOne(objects, compiler, maps);
    }

    // "web to db tcp/80: ..." of the end on the node; when both are, of the receiver.
    private static string Answer(PolicyTables maps, string line)
    {
        var words = line.Split(':')[0].Split(' ', '/');
        var attempt = Try(words[0], words[2], Tcp, ushort.Parse(words[4], System.Globalization.CultureInfo.InvariantCulture));
        var isEgress = attempt.To is not AttemptEnd.OfEndpoint { Endpoint.Node: "n2" };
        var subject = (AttemptEnd.OfEndpoint)(isEgress ? attempt.From : attempt.To);
        var (isAllowed, reason) = maps.Decide(
            subject.Endpoint.Id, isEgress ? PolicyDirection.Egress : PolicyDirection.Ingress, PolicyCases.PlaneOf(isEgress ? attempt.To : attempt.From), attempt.Protocol, attempt.Port, false);
        return $"{line.Split(':')[0]}: {(isAllowed ? "allowed" : "denied")}" + reason switch
        {
            PolicyReason.ByRule rule => $" by {rule.Rule}",
            PolicyReason.Isolated isolated => $", isolated by {string.Join(", ", isolated.By)}",
            _ => "",
        };
    }

    // Of two states of an object the latter comes after the former, as they are given.
    private static IEnumerable<Told[]> Orders(Told[] objects) => objects.Length < 2
        ? [objects]
        : objects
            .Where((one, i) => !objects[..i].Any(former => former.Name == one.Name))
            .SelectMany(one => Orders([.. objects.Where(other => other != one)]).Select(rest => (Told[])[one, .. rest]));
}
