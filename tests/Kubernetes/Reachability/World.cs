using System.Globalization;
using System.Text;
using System.Text.Json;
using Netplugin.Core.Collections;

namespace Netplugin.Tests.Kubernetes.Reachability;

/// <summary>A pod of a generated cluster.</summary>
/// <param name="Name">Unique in the cluster, so that the intent names it alone.</param>
/// <param name="Namespace">Says nothing of its network.</param>
/// <param name="Node">The number of its node.</param>
/// <param name="Network">The number of its network; null for the default network.</param>
/// <param name="HostPort">The port it has of its node; null for none.</param>
/// <param name="Services">The numbers of the Services that lead to it, all of its namespace.</param>
/// <param name="Labels">Its labels, for policies.</param>
/// <param name="NamedPort">The number that the port named <c>api</c> has.</param>
public sealed record WorldPod(
    string Name, string Namespace, int Node, int? Network, int? HostPort, IReadOnlySet<int> Services, Labels Labels, int NamedPort);

/// <summary>A network of a generated cluster.</summary>
/// <param name="Tenant">Its tenant.</param>
/// <param name="Name">Its name in the tenant.</param>
/// <param name="Subnet">Other tenants have the same, and ones that overlap it.</param>
public sealed record WorldNetwork(string Tenant, string Name, string Subnet);

/// <summary>A generated cluster: tenants, networks whose subnets overlap, pods on nodes, and Services that lead to pods of any networks.</summary>
public sealed class World
{
    /// <summary>Where every pod listens, by UDP.</summary>
    public const int Port = 9000;

    private const int NodePorts = 31000;
    private const int HostPorts = 20000;
    private const int Namespaces = 3;

    // What a tenant's networks may have: none of one choice overlaps another of the same.
    private static readonly string[][] Subnets =
    [
        ["11.30.0.0/24", "11.30.1.0/24"], ["11.30.0.0/24"], ["11.30.0.0/25", "11.30.0.128/25"], ["11.30.0.0/23"], ["fd30::/64", "11.30.0.0/24"],
    ];

    private World(IReadOnlyList<WorldNetwork> networks, IReadOnlyList<WorldPod> pods, int services)
    {
        Networks = networks;
        Pods = pods;
        Services = services;
    }

    /// <summary>Its networks, by number.</summary>
    public IReadOnlyList<WorldNetwork> Networks { get; }

    /// <summary>Its pods.</summary>
    public IReadOnlyList<WorldPod> Pods { get; }

    /// <summary>How many Services there are, numbered from 0. Each has a headless one beside it that leads to the same pods.</summary>
    public int Services { get; }

    /// <summary>Makes one, always the same of a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="pods">How many pods there are to be.</param>
    /// <param name="services">How many Services.</param>
    public static World Generate(int seed, int nodes, int pods, int services)
    {
        var random = new Random(seed);
        var networks = new List<WorldNetwork>();
        for (int tenant = 0; tenant < 4; tenant++)
        {
            string[] subnets = Subnets[random.Next(Subnets.Length)];
            networks.AddRange(subnets.Select((subnet, i) => new WorldNetwork($"tenant{tenant}", $"net{i}", subnet)));
        }

        var made = new List<WorldPod>();
        for (int pod = 0; pod < pods; pod++)
        {
            int network = random.Next(networks.Count + 1), place = random.Next(Namespaces);
            made.Add(new(
                $"p{pod}", $"world{place}", 1 + random.Next(nodes), network < networks.Count ? network : null, random.Next(3) == 0 ? HostPorts + pod : null,
                Enumerable.Range(0, services).Where(service => NamespaceOf(service) == $"world{place}" && random.Next(4) == 0).ToHashSet(),
                LabelsOf(("app", random.Next(3)), ("tier", random.Next(2))), Port + random.Next(2)));
        }

        return new(networks, made, services);
    }

    /// <summary>Its namespaces.</summary>
    public static IEnumerable<string> NamespaceNames => Enumerable.Range(0, Namespaces).Select(number => $"world{number}");

    /// <summary>The labels of a namespace.</summary>
    public static Labels LabelsOf(string kubernetesNamespace)
    {
        int number = int.Parse(kubernetesNamespace["world".Length..], CultureInfo.InvariantCulture);
        return LabelsOf(("team", number % 2), ("world", number));
    }

    /// <summary>The namespace of a Service.</summary>
    public static string NamespaceOf(int service) => $"world{service % Namespaces}";

    /// <summary>The port that a Service has of every node.</summary>
    public static int NodePort(int service) => NodePorts + service;

    /// <summary>What an operator posts for it.</summary>
    public string Intent() => JsonSerializer.Serialize(new
    {
        Tenants = Networks.Select((network, number) => (network, number)).GroupBy(one => one.network.Tenant).Select(tenant => new
        {
            Name = tenant.Key,
            Vxlans = "30001-30100",
            Networks = tenant.Select(one => new
            {
                one.network.Name,
                SubnetCIDR = one.network.Subnet,
                Endpoints = Pods.Where(pod => pod.Network == one.number).Select(pod => new { Container = pod.Name }),
            }),
        }),
    });

    /// <summary>Its namespaces, pods and Services.</summary>
    public string Manifest()
    {
        var text = new StringBuilder();
        foreach (string place in NamespaceNames)
        {
            text.Append(CultureInfo.InvariantCulture, $"---\napiVersion: v1\nkind: Namespace\nmetadata: {{ name: {place}, labels: {{ {Flow(LabelsOf(place))} }} }}\n");
        }

        foreach (WorldPod pod in Pods)
        {
            string labels = string.Join(", ", [Flow(pod.Labels), .. pod.Services.Select(service => $"s{service}: member")]);
            string hostPort = pod.HostPort is { } number ? $", {{ containerPort: {Port}, hostPort: {number}, protocol: UDP }}" : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""
                ---
                apiVersion: v1
                kind: Pod
                metadata: { name: {{pod.Name}}, namespace: {{pod.Namespace}}, labels: { {{labels}} } }
                spec:
                  nodeSelector: { kubernetes.io/hostname: node{{pod.Node}} }
                  terminationGracePeriodSeconds: 1
                  containers: [{ name: agnhost, image: localhost/kubelab/agnhost:1, command: [agnhost, pause], ports: [{ name: api, containerPort: {{pod.NamedPort}}, protocol: UDP }{{hostPort}}] }]

                """);
        }

        for (int service = 0; service < Services; service++)
        {
            foreach ((string name, string kind) in new[] { ("s", "type: NodePort"), ("h", "clusterIP: None") })
            {
                string nodePort = name == "s" ? $", nodePort: {NodePort(service)}" : "";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $$"""
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: { name: {{name}}{{service}}, namespace: {{NamespaceOf(service)}} }
                    spec:
                      ipFamilyPolicy: PreferDualStack
                      {{kind}}
                      selector: { s{{service}}: member }
                      ports: [{ port: {{Port}}, protocol: UDP{{nodePort}} }]

                    """);
            }
        }

        return text.ToString();
    }

    private static Labels LabelsOf(params IEnumerable<(string Key, int Value)> labels) =>
        new(labels.Select(label => KeyValuePair.Create(label.Key, label.Value.ToString(CultureInfo.InvariantCulture))));

    private static string Flow(Labels labels) => string.Join(", ", labels.Pairs.Select(label => $"{label.Key}: \"{label.Value}\""));
}
