using System.Net;
using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Reachability;

/// <summary>By what the pods of a generated cluster may be reached.</summary>
public static class Ways
{
    /// <summary>All ways that there are, as the cluster shows them; each must be one.</summary>
    public static async Task<List<Way>> OfAsync(OwnCluster cluster, World world)
    {
        using JsonDocument list = JsonDocument.Parse(cluster.Kubectl("get", "pods", "--all-namespaces", "-o", "json").Succeeded());
        Dictionary<string, JsonElement> shown = list.RootElement.GetProperty("items").EnumerateArray()
            .ToDictionary(pod => pod.GetProperty("metadata").GetProperty("name").GetString()!);
        int nodes = world.Pods.Max(pod => pod.Node);
        var ways = new List<Way>();
        var byNetworkAddress = new Dictionary<IPAddress, List<int>>();
        var byClusterAddress = new Dictionary<IPAddress, int>();
        for (int number = 0; number < world.Pods.Count; number++)
        {
            WorldPod pod = world.Pods[number];
            IPAddress[] cluster4And6 = [.. shown[pod.Name].GetProperty("status").GetProperty("podIPs").EnumerateArray().Select(ip => IPAddress.Parse(ip.GetProperty("ip").GetString()!))];
            Assert.True(cluster4And6.Length >= 2, $"{pod.Name} has cluster addresses of both families");
            foreach (IPAddress address in cluster4And6.Take(2))
            {
                byClusterAddress.Add(address, number);
                ways.Add(new(WayKind.ClusterAddress, new(address, World.Port), [number]));
            }

            if (pod.Network is not null)
            {
                foreach (IPAddress address in NetworkAddresses(shown[pod.Name]))
                {
                    (byNetworkAddress.TryGetValue(address, out List<int>? pods) ? pods : byNetworkAddress[address] = []).Add(number);
                }
            }

            if (pod.HostPort is { } port)
            {
                ways.AddRange("46".Select(family => new Way(WayKind.HostPort, new(cluster.Node(pod.Node).Address(family), port), [number])));
            }
        }

        ways.AddRange(byNetworkAddress.Select(one => new Way(WayKind.NetworkAddress, new(one.Key, World.Port), one.Value)));
        for (int service = 0; service < world.Services; service++)
        {
            int[] pods = [.. Enumerable.Range(0, world.Pods.Count).Where(pod => world.Pods[pod].Services.Contains(service))];
            string[] addresses = cluster.Kubectl(
                "get", "service", "--namespace", World.NamespaceOf(service), $"s{service}", "-o", "jsonpath={.spec.clusterIPs[*]}").Succeeded().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            ways.AddRange(addresses.Select(address => new Way(WayKind.ClusterIP, new(IPAddress.Parse(address), World.Port), pods)));
            for (int node = 1; node <= nodes; node++)
            {
                ways.AddRange("46".Select(family => new Way(WayKind.NodePort, new(cluster.Node(node).Address(family), World.NodePort(service)), pods)));
            }

            if (pods.Length > 0)
            {
                ways.AddRange((await NamesAsync(cluster, world.Pods[0], $"h{service}.{World.NamespaceOf(service)}.svc.cluster.local", pods.Length))
                    .Select(address => new Way(WayKind.HeadlessName, new(address, World.Port), [byClusterAddress[address]])));
            }
        }

        return ways;
    }

    private static IPAddress[] NetworkAddresses(JsonElement pod)
    {
        using JsonDocument status = JsonDocument.Parse(
            pod.GetProperty("metadata").GetProperty("annotations").GetProperty(Kubelab.NetworkStatusKey).GetString()!);
        return [.. status.RootElement[0].GetProperty("ips").EnumerateArray().Select(ip => IPAddress.Parse(ip.GetString()!))];
    }

    /// <summary>The addresses that a name gives in a pod, once there are as many as there must be: one of each pod, or of each family.</summary>
    private static async Task<IPAddress[]> NamesAsync(OwnCluster cluster, WorldPod asking, string name, int many)
    {
        IPAddress[] addresses = [];
        await Eventually.HoldsAsync($"{many} addresses of {name}", () =>
        {
            // The server's own address stands behind a tab.
            string answer = cluster.Pod(asking.Name, asking.Namespace).Run("busybox", "nslookup", name).Output;
            addresses = [.. answer.Split('\n').Where(line => line.StartsWith("Address: ", StringComparison.Ordinal)).Select(line => IPAddress.Parse(line["Address: ".Length..])).Distinct()];
            return addresses.Length >= many && addresses.Length % many == 0;
        });
        return addresses;
    }
}
