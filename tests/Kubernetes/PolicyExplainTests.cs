using System.Globalization;
using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>What every node explains of two ends, beside what becomes of a connection between them.</summary>
[Trait("run", "smoke")]
public sealed class PolicyExplainTests(Lab lab, Policed policed, Tenants tenants) : IClassFixture<Policed>, IClassFixture<Tenants>
{
    private const int Allowed = 0, Denied = 3;

    [Fact]
    public async Task What_it_says_of_the_default_networks_pods_nodes_and_the_outside_is_what_becomes_of_connections()
    {
        char family = lab.Families.First();
        string policies = $"""
            {Policed.NetworkPolicy("in", "{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 9000 }] }] }")}
            ---
            {Policed.NetworkPolicy("out", "{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { place: far } } }] }, { ports: [{ port: 9000, protocol: UDP }] }] }")}
            """;
        lab.Apply(policies);
        try
        {
            await policed.ReachesAsync(
                """
                         near far far:9001 near/udp guest guest/udp
                web      -    +   -        -        -     +
                near     +    -   -        +        +     +
                guest    -    -   -        -        +     +
                """);
            string Name(string end) => end switch
            {
                "web" or "near" or "far" => $"shop/{end}",
                "guest" or "stranger" => $"guests/{end}",
                _ => policed.Address(end, family).ToString(),
            };
            await AgreesAsync(
                policed.Speakers,
                from asks in (string[])["web", "near", "guest", "node2"]
                from asked in (string[])["near", "far", "guest", "node1", "outside"]
                from way in new[] { (Transport.Tcp, 9000), (Transport.Tcp, 9001), (Transport.Udp, 9000) }
                where asks != asked && !(asks == "node2" && asked is "node1" or "outside")
                select new Attempt(asks, Name(asks), Name(asked), new(policed.Address(asked, family), way.Item2), way.Item1));

            // By name: the rule, or the policy that isolates, of either end.
            Says(Allowed, "NetworkPolicy shop/in, ingress rule 0", "--from", "shop/web", "--to", "shop/far", "--port", "9000");
            Says(Denied, "isolated by NetworkPolicy shop/in", "--from", "guests/guest", "--to", "shop/far", "--port", "9000");
            Says(Denied, "isolated by NetworkPolicy shop/out", "--from", "shop/web", "--to", "guests/guest", "--port", "9000");
        }
        finally
        {
            lab.Delete(policies);
        }
    }

    [Fact]
    public async Task What_it_says_of_tenants_pods_is_what_becomes_of_connections_by_either_address_and_between_tenants()
    {
        const string Policy = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: in, namespace: red }
            spec: { podSelector: { matchLabels: { pod: there } }, ingress: [{ from: [{ podSelector: { matchLabels: { pod: here } } }], ports: [{ port: 9000 }] }] }
            """;
        char family = lab.Families.First();
        using Speakers speakers = tenants.Speak();

        lab.Apply(Policy);
        try
        {
            await new ReachTable(
                """
                           there there:9001 network/there beside
                red-here   +     -          +             +
                red-beside -     -          -             +
                """).HoldsAsync(speakers, [family], (name, _) => name.Split('/') is [_, var pod] ? tenants.NetworkAddress(pod) : lab.Pod(name, "red").Address(family), TimeSpan.FromSeconds(10));
            IPAddress Cluster(string tenant, string pod) => lab.Pod(pod, tenant).Address(family);
            await AgreesAsync(
                speakers,
                from asks in (string[])["here", "beside"]
                from asked in (string[])["there", "beside"]
                from port in (int[])[9000, 9001]
                from to in new[]
                {
                    ($"red/{asked}", tenants.NetworkAddress(asked)), (Cluster("red", asked).ToString(), Cluster("red", asked)), ($"blue/{asked}", Cluster("blue", asked)),
                }
                where asks != asked || to.Item1.StartsWith("blue", StringComparison.Ordinal)
                select new Attempt(Tenants.HostnameOf("red", asks), $"red/{asks}", to.Item1, new(to.Item2, port), Transport.Tcp));
            Says(Denied, "isolated by NetworkPolicy red/in", "--from", "red/beside", "--to", "red/there", "--port", "9000");
        }
        finally
        {
            lab.Delete(Policy);
        }
    }

    /// <summary>Has all attempts made and explained. Exit code 4, that a node enforces something else, is neither of the two that may be.</summary>
    private async Task AgreesAsync(Speakers speakers, IEnumerable<Attempt> attempts)
    {
        List<string> wrong = [];
        HashSet<int> seen = [];
        foreach (Attempt attempt in attempts)
        {
            int wanted = await speakers.AskAsync(attempt.Asks, attempt.Target, attempt.Transport) is null ? Denied : Allowed;
            CommandResult[] said = Explain(
                "--from", attempt.From, "--to", attempt.To, "--port", attempt.Target.Port.ToString(CultureInfo.InvariantCulture), "--protocol", attempt.Transport == Transport.Udp ? "udp" : "tcp");
            seen.Add(wanted);
            wrong.AddRange(said.Where(one => one.ExitCode != wanted).Select(one => $"{attempt} should end with {wanted}, and ended with {one.ExitCode}:\n{one.Output}{one.Error}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal([Allowed, Denied], seen.Order());
    }

    private void Says(int exit, string reason, params string[] ends) => Assert.All(Explain(ends), said =>
    {
        Assert.Equal(exit, said.ExitCode);
        Assert.Contains(reason, said.Output, StringComparison.Ordinal);
    });

    // Each node compares its own end with what it enforces.
    private CommandResult[] Explain(params string[] ends) => [.. new[] { 1, 2 }.Select(node => lab.Node(node).Run(["netdcli", "policy", "explain", .. ends]))];

    private sealed record Attempt(string Asks, string From, string To, IPEndPoint Target, Transport Transport);
}
