using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>ClusterNetworkPolicies, in a cluster that gets to know them while netplugin runs.</summary>
public sealed class ClusterPolicyTests(Lab lab, Policed policed) : IClassFixture<Policed>
{
    // A cluster that does not have them is asked once a minute whether it has.
    private static readonly TimeSpan Found = TimeSpan.FromSeconds(80);

    [Fact]
    public async Task ClusterNetworkPolicies_are_enforced_when_they_are_defined_by_tier_and_priority_around_the_namespaces_own()
    {
        string definition = Lab.Manifest("clusternetworkpolicies.yaml");
        lab.Apply(definition);
        try
        {
            lab.Kubectl("wait", "--for=condition=Established", "crd/clusternetworkpolicies.policy.networking.k8s.io", "--timeout=30s").Succeeded();

            // What the administrator denies no namespace can let in; what he passes is theirs.
            await policed.ReachesWithAsync(
                Policy("deny-shop", "tier: Admin, priority: 10, subject: { namespaces: { matchLabels: { team: shop } } }, ingress: [{ action: Deny, from: [{ namespaces: { matchLabels: { team: guests } } }] }]"),
                """
                         web near far near/udp guest
                web      +   +    +   +        +
                guest    -   -    -   -        +
                stranger -   -    -   -        +
                node1    +   +    +   +        +
                """,
                Found);
            await policed.ReachesWithAsync(
                $"""
                {Policed.NetworkPolicy("closed", "{ podSelector: {}, policyTypes: [Ingress] }")}
                ---
                {Policy("accept-web", "tier: Admin, priority: 20, subject: { pods: { podSelector: { matchLabels: { app: db } } } }, ingress: [{ action: Accept, from: [{ pods: { podSelector: { matchLabels: { app: web } } } }], protocols: [{ tcp: { destinationPort: { number: 9001 } } }] }]")}
                ---
                {Policy("deny-guest", "tier: Admin, priority: 10, subject: { pods: { podSelector: { matchLabels: { place: far } } } }, ingress: [{ action: Deny, from: [{ namespaces: { matchLabels: { team: guests } } }] }]")}
                """,
                """
                         web near near:9001 near:9001/udp far:9001 guest
                web      +   -    +         -             +        +
                guest    -   -    +         -             -        +
                stranger -   -    -         -             -        +
                node1    +   +    +         +             -        +
                """);
            await policed.ReachesWithAsync(
                $"""
                {Policed.NetworkPolicy("open-to-web", "{ podSelector: { matchLabels: { place: near } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }")}
                ---
                {Policy("baseline", "tier: Baseline, priority: 0, subject: { namespaces: { matchLabels: { team: shop } } }, ingress: [{ action: Deny, from: [{ namespaces: {} }] }]")}
                ---
                {Policy("pass", "tier: Admin, priority: 1, subject: { namespaces: { matchLabels: { team: shop } } }, ingress: [{ action: Pass, from: [{ namespaces: {} }] }]")}
                ---
                {Policy("never", "tier: Admin, priority: 2, subject: { namespaces: { matchLabels: { team: shop } } }, ingress: [{ action: Accept, from: [{ namespaces: {} }] }]")}
                """,
                """
                         near far guest node2:30200 service-near
                web      +    -   +     +           +
                far      -    +   +     -           -
                guest    -    -   +     -           -
                node1    +    +   +     -           +
                """);

            // Out of pods: nodes and networks, and a Service as the pod behind it.
            await policed.ReachesWithAsync(
                Policy(
                    "egress",
                    "tier: Admin, priority: 5, subject: { pods: { namespaceSelector: { matchLabels: { team: shop } }, podSelector: { matchLabels: { app: web } } } }, egress: ["
                    + "{ action: Deny, to: [{ nodes: { matchLabels: { kubernetes.io/hostname: node2 } } }] }, "
                    + "{ action: Deny, to: [{ networks: [\"203.0.113.0/24\", \"2001:db8::/32\"] }] }, "
                    + "{ action: Deny, to: [{ pods: { podSelector: { matchLabels: { place: far } } } }] }]"),
                """
                         near far service-near service-far node1 node2 outside node1:30201
                web      +    -   +            -           +     -     -       -
                near     +    +   +            +           +     +     +       +
                """);

            // Other than NetworkPolicies, it is asked when a pod reaches itself through a Service.
            await policed.ReachesWithAsync(
                Policy("itself", "tier: Admin, priority: 5, subject: { pods: { podSelector: { matchLabels: { app: web } } } }, egress: [{ action: Deny, to: [{ pods: { podSelector: { matchLabels: { app: web } } } }] }]"),
                """
                         web service-own guest near
                web      +   -           -     +
                """);

            // A kind of peer that is not known denies where the rule denies, and is told.
            string unknown = Policy("unknown", "tier: Admin, priority: 5, subject: { pods: { podSelector: { matchLabels: { place: near } } } }, ingress: [{ action: Deny, from: [{ planets: [mars] }] }]");
            await policed.ReachesWithAsync(unknown, "  near far node1\n web - + +\n guest - + +\n node1 + + +");
            lab.Apply(unknown);
            await Eventually.HoldsAsync(
                "the node to say what it cannot read",
                () => lab.Node(1).Run("netdcli", "status").Output.Contains("spec.ingress[0].from[0].planets", StringComparison.Ordinal));

            // On the object too, by one node. The one before of the same name may have an Event of its own.
            string uid = lab.Kubectl("get", "clusternetworkpolicy", "unknown", "-o", "jsonpath={.metadata.uid}").Succeeded().Trim(), events = "";
            await Eventually.HoldsAsync("an Event on the policy", () => (events = lab.Kubectl(
                "get", "events", "--namespace", "default", "--field-selector", $"involvedObject.kind=ClusterNetworkPolicy,involvedObject.uid={uid},reason=PolicyUnreadable",
                "-o", "jsonpath={range .items[*]}{.type} {.message}{'\\n'}{end}").Succeeded()).Length > 0);
            Assert.StartsWith(
                "Warning ClusterNetworkPolicy unknown is closed where it cannot be read: spec.ingress[0].from[0].planets: ", Assert.Single(events.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

            // The definition goes, and with it all of them.
            await policed.ReachesAsync("  near far\n web - +");
        }
        finally
        {
            lab.Delete(definition);
        }

        await Eventually.HoldsAsync("near to be open again", async () => await policed.Speakers.AskAsync("web", new(policed.Address("near", lab.Families.First()), Speakers.Ports[0]), Transport.Tcp) is not null);
        await Eventually.HoldsAsync("the node to be ready", () => !lab.Node(1).Run("netdcli", "status").Output.Contains("planets", StringComparison.Ordinal));
    }

    private static string Policy(string name, string spec) => $$"""
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: {{name}} }
        spec: { {{spec}} }
        """;
}
