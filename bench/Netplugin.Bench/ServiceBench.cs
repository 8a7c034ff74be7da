using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>Request/response through a Service, against the same to the pod's address and through what kube-proxy writes; and through one of a tenant.</summary>
internal static class ServiceBench
{
    private const string Direct = "netplugin, pod's address";
    private const string Service = "netplugin, Service";
    private const string OfTenant = "netplugin, Service of a tenant";
    private const int Others = 1000;
    private const int Asked = 2;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using var baselines = new Baselines();
        TrafficPath proxy = baselines.KubeProxy(Others);
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        await using var kubernetes = new FakeServices(node.Node.NetworkNamespace);
        File.WriteAllText(Path.Combine(node.Node.RunFolder, "kubeconfig"), kubernetes.Kubeconfig);
        kubernetes.List("nodes", FakeServices.Node(node.Host, "east"));
        kubernetes.List("pods");
        kubernetes.ListNoPolicies();
        kubernetes.List("services", [.. Enumerable.Range(0, Others + Asked).Select(ServiceObject)]);
        await node.StartDaemonAsync("-pod-cidr=10.244.1.0/24", "-kubeconfig=/run/kubeconfig");
        Pod one = node.CreatePod("one");
        Pod two = node.CreatePod("two");
        one.Add();
        string near = two.Add();
        cluster.Post("""{"Tenants":[{"Name":"tenant","Vxlans":"10001-10010","Networks":[{"Name":"orange","SubnetCIDR":"11.1.0.0/24","Endpoints":[{"Container":"three"},{"Container":"four"}]}]}]}""").Succeeded();
        Pod three = node.CreatePod("three");
        Pod four = node.CreatePod("four");
        three.Add();
        string[] backends = [near, four.Add()];
        kubernetes.List("endpointslices", [.. Enumerable.Range(0, Others + Asked).Select(number => Slice(number, backends))]);
        TrafficPath service = new(Service, one.NetworkNamespace, two.NetworkNamespace, Address(0), 80);
        TrafficPath ofTenant = new(OfTenant, three.NetworkNamespace, four.NetworkNamespace, Address(1), 80);
        await Traffic.AnswersAsync(service);
        await Traffic.AnswersAsync(ofTenant);
        await Traffic.AnswersAsync(proxy);

        Dictionary<string, TrafficSamples> measured = await Traffic.MeasureRequestsAsync([new(Direct, one.NetworkNamespace, two.NetworkNamespace, near), service, ofTenant, proxy]);
        const string section = "Services";
        foreach ((string name, TrafficSamples samples) in measured)
        {
            report.Add(section, name, $"{Report.Number(samples.Requests.Median)} requests/s ({Report.Number(samples.Requests.Minimum)}-{Report.Number(samples.Requests.Maximum)})", "", null);
        }

        Compare(Service, Direct, 0.95);
        Compare(Service, proxy.Name, 1.1);
        Compare(OfTenant, Service, 0.95);
        report.Note($"Services: a pod asks another one on its node, with {Others} other Services; kube-proxy's rules are written after those of its nftables mode, by hand, between two pods that their node routes.");

        void Compare(string one, string other, double least)
        {
            double ratio = Samples.Ratio(measured[one].Requests, measured[other].Requests).Median;
            report.Add(section, $"request/response: {one} / {other}", Report.Number(ratio), $">= {Report.Number(least)}", ratio >= least);
        }
    }

    private static string ServiceObject(int number) => FormattableString.Invariant($$"""
        {"metadata":{"name":"s{{number}}","namespace":"bench","resourceVersion":"1","creationTimestamp":"2026-01-01T00:00:00Z"},
        "spec":{"clusterIP":"{{Address(number)}}","clusterIPs":["{{Address(number)}}"],"ports":[{"protocol":"TCP","port":80}]} }
        """).ReplaceLineEndings("");

    private static string Slice(int number, string[] near)
    {
        string address = number < near.Length ? near[number] : FormattableString.Invariant($"10.244.2.{2 + number % 250}");
        return FormattableString.Invariant($$"""
            {"addressType":"IPv4","metadata":{"name":"s{{number}}-1","namespace":"bench","resourceVersion":"1","labels":{"kubernetes.io/service-name":"s{{number}}"} },
            "ports":[{"protocol":"TCP","port":{{Traffic.RedisPort}}}],"endpoints":[{"addresses":["{{address}}"],"conditions":{"ready":true} }]}
            """).ReplaceLineEndings("");
    }

    private static string Address(int number) => FormattableString.Invariant($"10.96.{1 + (number / 250)}.{1 + (number % 250)}");
}
