using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>
/// NetworkPolicies in the namespaces of two tenants whose pods have the same network addresses: each is for its own tenant's pods, by whichever of their addresses they speak.
/// </summary>
[Trait("run", "smoke")]
public sealed class PolicyTenantTests(Lab lab, Tenants tenants) : IClassFixture<Tenants>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_tenants_policies_are_for_its_pods_by_both_addresses_and_for_nobody_of_another_tenant()
    {
        // Of red, there lets in here alone; of blue, beside may reach there alone.
        const string Policies = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: in, namespace: red }
            spec: { podSelector: { matchLabels: { pod: there } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }] }] }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: out, namespace: blue }
            spec: { podSelector: { matchLabels: { pod: beside } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { pod: there } } }] }] }
            """;
        using Speakers speakers = tenants.Speak();

        lab.Apply(Policies);
        try
        {
            await HoldsAsync(
                "red",
                """
                           here network/here beside network/beside there network/there there:9000/udp network/there:9000/udp
                red-here   +    +            +      +              +     +             +              +
                red-beside +    +            +      +              -     -             -              -
                red-there  +    +            +      +              +     +             +              +
                """);
            await HoldsAsync(
                "blue",
                """
                            here network/here beside network/beside there network/there here:9000/udp network/here:9000/udp
                blue-here   +    +            +      +              +     +             +             +
                blue-beside -    -            +      +              +     +             -             -
                blue-there  +    +            +      +              +     +             +             +
                """);

            // What answers is the tenant's own.
            foreach (string tenant in Tenants.Names)
            {
                string there = Tenants.HostnameOf(tenant, "there");
                Assert.Equal(there, await speakers.AskAsync(Tenants.HostnameOf(tenant, "here"), new(tenants.NetworkAddress("there"), Speakers.Ports[0]), Transport.Tcp));
            }
        }
        finally
        {
            lab.Delete(Policies);
        }

        Task HoldsAsync(string tenant, string table) => new ReachTable(table).HoldsAsync(
            speakers, lab.Families, (name, family) => name.Split('/') is [_, var pod] ? tenants.NetworkAddress(pod) : lab.Pod(name, tenant).Address(family), Limit);
    }
}
