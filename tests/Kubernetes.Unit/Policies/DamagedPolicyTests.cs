using System.Text;
using System.Text.Json;
using CsCheck;
using Netplugin.Core.Policies;
using Netplugin.Kubernetes.Policies;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Unit.Policies;

/// <summary>Whatever a policy holds, it is read or refused, and nothing that is wrong opens it.</summary>
public sealed class DamagedPolicyTests
{
    private static readonly string[] Good =
    [
        """
        {"metadata":{"name":"p","namespace":"n"},"spec":{"podSelector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]},"policyTypes":["Ingress","Egress"],
        "ingress":[{"from":[{"podSelector":{}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":80,"endPort":90,"protocol":"TCP"},{"port":"http"}]}],
        "egress":[{"to":[{"namespaceSelector":{}}]}]}}
        """,
        """
        {"metadata":{"name":"p"},"spec":{"tier":"Admin","priority":5,"subject":{"pods":{"podSelector":{},"namespaceSelector":{"matchLabels":{"a":"b"}}}},
        "ingress":[{"name":"r","action":"Deny","from":[{"namespaces":{}}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":1,"end":2}}}},{"destinationNamedPort":"x"}]}],
        "egress":[{"action":"Pass","to":[{"nodes":{}},{"networks":["10.0.0.0/8"]}],"protocols":[{"udp":{"destinationPort":{"number":53}}}]}]}}
        """,
    ];

    private static readonly Gen<string> Damaged = Damage.Of(
        Good, ["{}", "[]", "null", "5", "-1", "\"\"", "{", "}", "[", "]", ":", ",", "\"", "\\ud800", "9e99", "x", "\"z\":1,"], most: 3);

    [Fact]
    public void Any_object_is_read_or_refused() => Damaged.Sample(
        text =>
        {
            try
            {
                using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
                var one = NetworkPolicyReader.Read(document.RootElement);
                Assert.True(one.Problems.IsEmpty || IsClosed(one.Policy!), text);
                var two = ClusterNetworkPolicyReader.Read(document.RootElement);
                Assert.True(two.Problems.IsEmpty || two.Policy is null || IsClosed(two.Policy), text);
            }
            catch (JsonException e)
            {
                Assert.NotEmpty(e.Message);
            }
        },
        iter: 30_000);

    // With a problem some rule is closed, unless there is none, or it was in rules of a direction that the policy is not about.
    private static bool IsClosed(NetworkPolicy policy)
    {
        NetworkPolicyRule[] rules = [.. policy.Ingress ?? [], .. policy.Egress ?? []];
        return rules.Length == 0 || policy.Ingress is null || policy.Egress is null || rules.Any(rule => !rule.IsReadable);
    }

    private static bool IsClosed(ClusterNetworkPolicy policy)
    {
        ClusterPolicyRule[] rules = [.. policy.Ingress, .. policy.Egress];
        return rules.Length == 0 || rules.Any(rule => !rule.IsReadable);
    }
}
