using System.Net;
using System.Net.Sockets;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>The pods of <c>Manifests/policed.yaml</c>, the nodes and the outside, which ask each other while policies are made and taken away.</summary>
/// <param name="lab">The cluster.</param>
public sealed class Policed(Lab lab) : IAsyncLifetime
{
    private const string Manifest = "policed.yaml";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly string[] Namespaces = ["shop", "guests"];
    private readonly Dictionary<string, IPAddress[]> _addresses = [];

    /// <summary>What asks and answers.</summary>
    public Speakers Speakers { get; } = new();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        try
        {
            await lab.ApplyPodsAsync(Lab.Manifest(Manifest));
            Array.ForEach(Namespaces, lab.WaitForPods);
            (string Name, Place Place)[] places =
            [
                ("web", lab.Pod("web", "shop")), ("near", lab.Pod("near", "shop")), ("far", lab.Pod("far", "shop")),
                ("guest", lab.Pod("guest", "guests")), ("stranger", lab.Pod("stranger", "guests")),
                ("node1", lab.Node(1)), ("node2", lab.Node(2)), ("outside", lab.Outside()),
            ];
            foreach ((string name, Place place) in places)
            {
                Speakers.Add(name, place);
                _addresses.Add(name, [.. lab.Families.Select(place.Address)]);
            }

            foreach (string service in new[] { "near", "far", "own" })
            {
                _addresses.Add($"service-{service}", Addresses(lab.Kubectl("get", "service", "--namespace", "shop", service, "-o", "jsonpath={.spec.clusterIPs[*]}").Succeeded()));
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Speakers.Dispose();
        lab.Kubectl(["delete", "namespace", "--ignore-not-found", .. Namespaces]).Succeeded();
        return ValueTask.CompletedTask;
    }

    /// <summary>The address of a place, or of a Service with <c>service-</c> before its name.</summary>
    public IPAddress Address(string name, char family) =>
        _addresses[name].Single(address => address.AddressFamily == (family == '6' ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));

    /// <summary>The blocks that have a place's addresses alone, as a list in YAML.</summary>
    public string Blocks(params IEnumerable<string> names) =>
        $"[{string.Join(", ", names.SelectMany(name => _addresses[name]).Select(address => $"{{ ipBlock: {{ cidr: \"{Block(address)}\" }} }}"))}]";

    /// <summary>The block that has an address alone.</summary>
    public static string Block(IPAddress address) => $"{address}/{(address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)}";

    /// <summary>Waits until everybody reaches whom a <see cref="ReachTable"/> says, and nobody else.</summary>
    public Task ReachesAsync(string table, TimeSpan? limit = null) => new ReachTable(table).HoldsAsync(Speakers, lab.Families, Address, limit ?? Limit);

    /// <summary>The same while there is something that a manifest makes.</summary>
    public async Task ReachesWithAsync(string manifest, string table, TimeSpan? limit = null)
    {
        lab.Apply(manifest);
        try
        {
            await ReachesAsync(table, limit);
        }
        finally
        {
            lab.Delete(manifest);
        }
    }

    /// <summary>A NetworkPolicy of the namespace <c>shop</c>, as a manifest.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spec">Its spec, in YAML's flow style.</param>
    public static string NetworkPolicy(string name, string spec) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: {{name}}, namespace: shop }
        spec: {{spec}}
        """;

    private static IPAddress[] Addresses(string text) => [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
