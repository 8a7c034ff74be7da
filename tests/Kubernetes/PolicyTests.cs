using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>NetworkPolicies, each by a table of who reaches whom while it is there.</summary>
[Trait("run", "smoke")]
public sealed class PolicyTests(Lab lab, Policed policed) : IClassFixture<Policed>
{
    [Fact]
    public Task Pods_that_let_nobody_in_are_reached_by_themselves_and_their_node_alone_and_get_answers() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Ingress] }"),
        """
                 web  near far  near:9001/udp  guest stranger/udp node1 node2/udp outside
        web      +    -    -    -              +     +            +     +         +
        near     -    +    -    +              +     +            +     +         +
        far      -    -    +    -              +     +            +     +         +
        guest    -    -    -    -              +     +            +     +         +
        stranger -    -    -    -              +     +            +     +         +
        node1    +    +    -    +              +     +            +     +         +
        node2    -    -    +    -              +     +            +     +         +
        """);

    [Fact]
    public Task Pods_that_may_reach_nobody_reach_themselves_alone_and_answer() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Egress] }"),
        """
                 web  near far  near:9001/udp  guest stranger/udp node1 node2/udp outside service-far service-own
        web      +    -    -    -              -     -            -     -         -       -           +
        near     -    +    -    +              -     -            -     -         -       -           -
        far      -    -    +    -              -     -            -     -         -       +           -
        guest    +    +    +    +              +     +            +     +         +       +           +
        node1    +    +    +    +              +     +            +     +         +       +           +
        node2    +    +    +    +              +     +            +     +         +       +           +
        """);

    [Fact]
    public Task Pods_are_let_in_by_their_labels() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("by-label", "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }"),
        """
                 web  near far  near/udp far/udp
        web      +    +    +    +        +
        near     +    +    -    +        -
        far      +    -    +    -        +
        guest    +    -    -    -        -
        stranger +    -    -    -        -
        """);

    [Fact]
    public Task Pods_are_let_in_by_the_labels_of_their_namespace() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("by-namespace", "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: guests } } }] }] }"),
        """
                 web  near far
        web      +    -    -
        guest    +    +    +
        stranger +    +    +
        """);

    [Fact]
    public Task Pods_are_let_in_by_their_labels_and_those_of_their_namespace_together() => policed.ReachesWithAsync(
        Policed.NetworkPolicy(
            "by-both",
            "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: guests } }, podSelector: { matchLabels: { app: web } } }] }] }"),
        """
                 web  near far
        web      +    -    -
        guest    +    +    +
        stranger +    -    -
        """);

    [Fact]
    public Task Policies_add_up() => policed.ReachesWithAsync(
        $"""
        {Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Ingress, Egress] }")}
        ---
        {Policed.NetworkPolicy("out", "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }] }")}
        ---
        {Policed.NetworkPolicy("in", "{ podSelector: { matchLabels: { place: far } }, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 9000 }] }] }")}
        """,
        """
                 web  near far far:9001 far/udp guest
        web      +    -    +   -        -       -
        near     -    +    -   -        -       -
        guest    -    -    -   -        -       +
        """);

    [Fact]
    public Task A_named_port_is_the_number_that_each_pod_has_for_it() => policed.ReachesWithAsync(
        $"""
        {Policed.NetworkPolicy("out", "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ ports: [{ port: api }] }] }")}
        ---
        {Policed.NetworkPolicy("in", "{ podSelector: { matchLabels: { place: far } }, ingress: [{ ports: [{ port: api }] }] }")}
        """,
        """
                 near near:9001 far far:9001 far:9001/udp guest
        web      +    -         -   +        -            -
        guest    +    +         -   +        -            +
        """);

    [Fact]
    [Trait("kubernetes", "current")]
    public Task A_range_of_ports_ends_with_its_last() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("range", "{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [{ port: 9001, endPort: 9002 }, { protocol: UDP, port: 8000, endPort: 9000 }] }] }"),
        """
                 near near:9001 near:9002 far far:9001 far:9002 far/udp near:9001/udp near/udp
        web      -    +         +         -   +        +        +       -             +
        guest    -    +         +         -   +        +        +       -             +
        """);

    [Fact]
    public Task A_block_of_addresses_means_pods_nodes_and_the_outside_but_for_what_is_excepted()
    {
        string blocks = string.Join(", ", lab.Families.Select(family =>
            $"{{ ipBlock: {{ cidr: \"{(family == '6' ? "::/0" : "0.0.0.0/0")}\", except: [\"{Policed.Block(policed.Address("far", family))}\", \"{Policed.Block(policed.Address("node2", family))}\", \"{(family == '6' ? "2001:db8::/32" : "203.0.113.0/24")}\"] }} }}"));
        return policed.ReachesWithAsync(
            Policed.NetworkPolicy("blocks", $"{{ podSelector: {{ matchLabels: {{ app: web }} }}, policyTypes: [Egress], egress: [{{ to: [{blocks}] }}] }}"),
            """
                     near far service-near service-far guest node1 node2 outside
            web      +    -   +            -           +     +     -     -
            near     +    +   +            +           +     +     +     +
            """);
    }

    [Fact]
    public Task The_outside_and_nodes_are_let_in_by_their_addresses() => policed.ReachesWithAsync(
        $"""
        {Policed.NetworkPolicy("outside", $"{{ podSelector: {{ matchLabels: {{ place: near }} }}, ingress: [{{ from: {policed.Blocks("outside")}, ports: [{{ port: 9000 }}] }}] }}")}
        ---
        {Policed.NetworkPolicy("node", $"{{ podSelector: {{ matchLabels: {{ place: far }} }}, ingress: [{{ from: {policed.Blocks("node1")} }}] }}")}
        """,
        """
                 near far node1:30202 node1:30200
        outside  -    -   +           -
        web      -    -   -           -
        node1    +    +   +           +
        node2    -    +   -           -
        """);

    [Fact]
    public Task A_connection_to_a_Service_is_judged_as_one_to_the_pod_behind_it() => policed.ReachesWithAsync(
        $"""
        {Policed.NetworkPolicy("out", "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { place: far } } }] }] }")}
        ---
        {Policed.NetworkPolicy("in", "{ podSelector: { matchLabels: { place: near } }, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: guests } }, podSelector: { matchLabels: { app: web } } }] }] }")}
        """,
        """
                 service-far service-far/udp service-near service-near/udp node1:30201 node2:30201/udp node1:30200 node2:30200 node2:30200/udp
        web      +           +               -            -                +           +               -           -           -
        guest    +           +               +            +                +           +               +           +           +
        stranger +           +               -            -                +           +               -           -           -
        """);

    [Fact]
    public async Task A_pod_that_may_only_ask_for_names_gets_them_of_a_headless_Service_and_reaches_nothing()
    {
        const string Spec = "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ ports: [{ port: 53, protocol: UDP }, { port: 53 }] }] }";
        string policy = Policed.NetworkPolicy("names", Spec);
        lab.Apply(policy);
        try
        {
            await policed.ReachesAsync(
                """
                         near far/udp service-far node1 outside
                web      -    -       -           -     -
                stranger +    +       +           +     +
                """);
            string names = "";
            await Eventually.HoldsAsync("the names", () => (names = lab.Pod("web", "shop").Run("nslookup", "headless.shop.svc.cluster.local").Output).Contains("Name:", StringComparison.Ordinal));
            Assert.All((string[])["near", "far"], pod => Assert.Contains(policed.Address(pod, lab.Families.First()).ToString(), names, StringComparison.Ordinal));
        }
        finally
        {
            lab.Delete(policy);
        }
    }

    [Fact]
    public Task A_pod_reaches_itself_through_a_Service_whatever_NetworkPolicies_say() => policed.ReachesWithAsync(
        Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Ingress, Egress] }"),
        """
                 service-own service-own/udp web service-near
        web      +           +               +   -
        near     -           -               -   +
        stranger -           -               -   -
        """);

    [Fact]
    public async Task The_kubelet_reaches_the_pods_of_its_node_that_let_nobody_in()
    {
        string policy = Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Ingress, Egress] }"), pods = Lab.Manifest("probed.yaml");
        lab.Apply(policy);
        try
        {
            await policed.ReachesAsync(
                """
                         near far node1
                web      -    -   -
                stranger -    -   +
                """);
            await lab.ApplyPodsAsync(pods);
            lab.WaitForPods("shop");
            IPAddress probed = lab.Pod("probed", "shop").Address(lab.Families.First());
            (await policed.Speakers.ConnectAsync("node1", new(probed, 8080))).Dispose();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => policed.Speakers.ConnectAsync("web", new(probed, 8080)));
        }
        finally
        {
            lab.Delete(policy);
            lab.Delete(pods);
        }
    }

    [Theory]
    [InlineData(false, '+', '-')]
    [InlineData(true, '-', '+')]
    public async Task A_rule_without_ports_lets_pings_through_and_one_with_ports_does_not(bool hasPorts, char otherPorts, char others)
    {
        string rule = hasPorts ? "ports: [{ port: 9000 }, { port: 9000, protocol: UDP }]" : "from: [{ podSelector: {} }]";
        string policy = Policed.NetworkPolicy("pings", $"{{ podSelector: {{ matchLabels: {{ place: far }} }}, ingress: [{{ {rule} }}] }}");
        lab.Apply(policy);
        try
        {
            await policed.ReachesAsync(
                $"""
                      far      far/udp  far:9001
                web   +        +        {otherPorts}
                guest {others} {others} -
                """);
            Place web = lab.Pod("web", "shop");
            string far = policed.Address("far", lab.Families.First()).ToString();
            await Eventually.HoldsAsync($"pings to be stopped: {hasPorts}", () => (web.Run("ping", "-c", "1", "-W", "1", far).ExitCode != 0) == hasPorts);
        }
        finally
        {
            lab.Delete(policy);
        }
    }
}
