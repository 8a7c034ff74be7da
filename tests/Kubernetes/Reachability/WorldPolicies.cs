using System.Net.Sockets;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Policies;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes.Reachability;

/// <summary>Policies about a generated cluster, as manifests, and what the judge says of what its pods ask.</summary>
public sealed class WorldPolicies
{
    private const byte Udp = 17;
    private readonly World _world;
    private readonly PolicySet _policies;
    private readonly PolicyEndpoint[] _endpoints;
    private readonly Dictionary<Attempt, Judgement> _judged = [];

    private WorldPolicies(World world, PolicySet policies, PolicyEndpoint[] endpoints)
    {
        _world = world;
        _policies = policies;
        _endpoints = endpoints;
    }

    /// <summary>The policies as the API server has them, and the endpoints that they are about.</summary>
    public static WorldPolicies Read(OwnCluster cluster, World world, IReadOnlyCollection<Way> ways)
    {
        PerFamily<IpAddr> AddressesOf(int pod, WayKind kind) =>
            [.. ways.Where(way => way.Kind == kind && way.Pods.Contains(pod)).Select(way => IpAddr.Parse(way.Target.Address.ToString()))];
        PolicyEndpoint Endpoint(WorldPod pod, int number) => new(
            new(NetworkId.ClusterDefault, pod.Name),
            "",
            AddressesOf(number, WayKind.NetworkAddress),
            AddressesOf(number, WayKind.ClusterAddress),
            $"node{pod.Node}",
            new(new NamespacedName(pod.Namespace, pod.Name), pod.Labels, World.LabelsOf(pod.Namespace), [new("api", TransportProtocol.Udp, (ushort)pod.NamedPort)]));
        var policies = new PolicySet(
            [.. All(cluster, "networkpolicies").Select(json => Whole(NetworkPolicyReader.Read(json)))],
            [.. All(cluster, "clusternetworkpolicies").Select(json => Whole(ClusterNetworkPolicyReader.Read(json)))],
            []);
        return new(world, policies, [.. world.Pods.Select(Endpoint)]);
    }

    /// <summary>The pods that a question may get to: those of the way that are in the network of who asks, and that policies allow.</summary>
    public IReadOnlyCollection<int> Reached(int from, Way way) => [.. ReferenceEvaluator.Reached(_world, from, way).Where(to => Allows(from, to, way))];

    /// <summary>Whether the question must get to one of these: it may go nowhere else.</summary>
    public bool MustArrive(int from, Way way)
    {
        int reached = Reached(from, way).Count;
        return reached > 0 && (way.Kind == WayKind.NetworkAddress || reached == way.Pods.Count);
    }

    /// <summary>A number of NetworkPolicies and half as many ClusterNetworkPolicies, as a manifest.</summary>
    public static string Manifest(Random random, int policies) => JsonSerializer.Serialize(new
    {
        apiVersion = "v1",
        kind = "List",
        items = Enumerable.Range(0, policies).Select(number => NetworkPolicy(random, number))
            .Concat(Enumerable.Range(0, policies / 2).Select(number => ClusterNetworkPolicy(random, number))),
    });

    private bool Allows(int from, int to, Way way)
    {
        bool isV4 = way.Target.AddressFamily == AddressFamily.InterNetwork, isInNetwork = way.Kind == WayKind.NetworkAddress;
        PolicyEndpoint sender = _endpoints[from], receiver = _endpoints[to];
        var source = new AttemptEnd.OfEndpoint(sender, AddressOf(sender));
        Judgement atPod = Judge(new(source, new AttemptEnd.OfEndpoint(receiver, AddressOf(receiver)), Udp, World.Port) { ThroughService = way.Kind is WayKind.ClusterIP or WayKind.NodePort });
        if (way.Kind != WayKind.HostPort)
        {
            return atPod.IsAllowed;
        }

        // A host port is the node's to who connects to it. The pod behind it sees the second address of the node's block, which is not for that the node that reaches its own pods.
        IpAddr clusterAddress = receiver.ClusterAddresses.Of(isV4)!.Value, among = new IpPrefix(clusterAddress, isV4 ? 24 : 64).First.Add(1);
        var node = new AttemptEnd.OfNode(new(receiver.Node, Labels.None), IpAddr.Parse(way.Target.Address.ToString()));
        return Judge(new(source, node, Udp, (ushort)way.Target.Port)).Egress.IsAllowed
            && Judge(new(new AttemptEnd.OfNode(new("", Labels.None), among), new AttemptEnd.OfEndpoint(receiver, clusterAddress), Udp, World.Port)).Ingress.IsAllowed;

        IpAddr AddressOf(PolicyEndpoint endpoint) => (isInNetwork ? endpoint.Addresses : endpoint.ClusterAddresses).Of(isV4)!.Value;
    }

    private Judgement Judge(Attempt attempt) => _judged.TryGetValue(attempt, out Judgement? known) ? known : _judged[attempt] = PolicyJudge.Judge(_policies, attempt);

    private static object NetworkPolicy(Random random, int number)
    {
        string[] types = random.Next(3) switch { 0 => ["Ingress"], 1 => ["Egress"], _ => ["Ingress", "Egress"] };
        return new
        {
            apiVersion = "networking.k8s.io/v1",
            kind = "NetworkPolicy",
            metadata = new { name = $"policy{number}", @namespace = World.NamespaceNames.ElementAt(random.Next(World.NamespaceNames.Count())) },
            spec = new Dictionary<string, object>
            {
                ["podSelector"] = PodSelector(random),
                ["policyTypes"] = types,
                ["ingress"] = types.Contains("Ingress") ? Rules("from") : [],
                ["egress"] = types.Contains("Egress") ? Rules("to") : [],
            },
        };

        object[] Rules(string peers) => Some(random, 0, 2, () => (object)new Dictionary<string, object>
        {
            [peers] = Some(random, 0, 2, () => NetworkPeer(random)),
            ["ports"] = Some(random, 0, 1, () => Port(random)),
        });
    }

    private static object NetworkPeer(Random random) => random.Next(4) switch
    {
        0 => new { podSelector = PodSelector(random) },
        1 => new { namespaceSelector = NamespaceSelector(random) },
        2 => new { namespaceSelector = NamespaceSelector(random), podSelector = PodSelector(random) },
        _ => (object)new
        {
            ipBlock = random.Next(2) == 0
                ? new { cidr = "10.244.0.0/16", except = new[] { $"10.244.{random.Next(3)}.0/28" } }
                : new { cidr = "fd00:10:244::/48", except = new[] { $"fd00:10:244:{random.Next(3)}::/124" } },
        },
    };

    private static object Port(Random random) => random.Next(6) switch
    {
        0 => new { protocol = "TCP", port = World.Port },
        1 => new { protocol = "UDP" },
        2 => new { protocol = "UDP", port = "api" },
        3 => new { protocol = "UDP", port = World.Port - 1, endPort = World.Port + random.Next(2) },
        _ => (object)new { protocol = "UDP", port = World.Port },
    };

    private static object ClusterNetworkPolicy(Random random, int number)
    {
        return new
        {
            apiVersion = "policy.networking.k8s.io/v1alpha2",
            kind = "ClusterNetworkPolicy",
            metadata = new { name = $"cluster{number}" },
            spec = new
            {
                tier = random.Next(2) == 0 ? "Admin" : "Baseline",
                priority = random.Next(4),
                subject = PodsOrNamespaces(random),
                ingress = Some(random, 0, 2, () => Rule("from")),
                egress = Some(random, 0, 2, () => Rule("to")),
            },
        };

        object Rule(string peers)
        {
            bool isNetwork = peers == "to" && random.Next(4) == 0;
            var rule = new Dictionary<string, object>
            {
                ["action"] = random.Next(3) switch { 0 => "Accept", 1 => "Deny", _ => "Pass" },
                [peers] = Some(random, 1, 2, () => isNetwork ? new { networks = new[] { "10.244.1.0/24", "fd00:10:244:1::/64" } } : PodsOrNamespaces(random)),
            };
            if (random.Next(2) == 0)
            {
                rule["protocols"] = Some(random, 1, 2, () => random.Next(isNetwork ? 3 : 4) switch
                {
                    0 => new { tcp = new { destinationPort = new { number = World.Port } } },
                    1 => new { udp = new { destinationPort = new { range = new { start = World.Port - 1, end = World.Port + 1 } } } },
                    2 => new { udp = new { destinationPort = new { number = World.Port + random.Next(2) } } },
                    _ => (object)new { destinationNamedPort = "api" },
                });
            }

            return rule;
        }
    }

    private static object PodsOrNamespaces(Random random) => random.Next(2) == 0
        ? new { namespaces = NamespaceSelector(random) }
        : (object)new { pods = new { namespaceSelector = NamespaceSelector(random), podSelector = PodSelector(random) } };

    private static object NamespaceSelector(Random random) => random.Next(3) switch
    {
        0 => new { },
        1 => new { matchLabels = new { team = $"{random.Next(2)}" } },
        _ => (object)new { matchExpressions = new[] { new { key = "world", @operator = random.Next(2) == 0 ? "In" : "NotIn", values = new[] { "0", "2" } } } },
    };

    private static object PodSelector(Random random) => random.Next(4) switch
    {
        0 => new { },
        1 => new { matchLabels = new { app = $"{random.Next(3)}", tier = $"{random.Next(2)}" } },
        2 => new { matchExpressions = new[] { new { key = "app", @operator = random.Next(2) == 0 ? "In" : "NotIn", values = new[] { $"{random.Next(3)}", $"{random.Next(3)}" } } } },
        _ => (object)new { matchLabels = new { app = $"{random.Next(3)}" } },
    };

    private static object[] Some(Random random, int least, int most, Func<object> make) => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => make())];

    private static JsonElement.ArrayEnumerator All(OwnCluster cluster, string kind) =>
        JsonSerializer.Deserialize<JsonElement>(cluster.Kubectl("get", kind, "--all-namespaces", "-o", "json").Succeeded()).GetProperty("items").EnumerateArray();

    private static T Whole<T>(PolicyReadResult<T> read)
        where T : class
    {
        Assert.Empty(read.Problems);
        return read.Policy!;
    }
}
