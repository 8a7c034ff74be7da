using System.Text.Json.Nodes;
using Netplugin.Kubernetes.Annotations;

namespace Netplugin.Tests.KubectlNetplugin;

/// <summary>The API server's objects.</summary>
internal static class Objects
{
    public static readonly NetworkStatus Default =
        new("default", "eth0", ["10.244.1.2"], "02:02:0a:f4:01:02", 1450, true, new(), 0, ["10.244.1.0/24"]);

    public static readonly NetworkStatus Orange =
        new("tenant-one/orange", "eth0", ["11.1.0.7"], "02:02:0b:01:00:07", 1450, false, new(), 10001, ["11.1.0.0/24"], ["10.244.2.7"], "web");

    public static readonly NetworkStatus Purple = Orange with { Name = "tenant-one/purple", Interface = "eth1", Ips = ["11.1.1.7"], Mac = "02:02:0b:01:01:07", Vni = 10002, Subnets = ["11.1.1.0/24"], ClusterIps = null, Group = null };

    public static string Pod(
        string name, string? node = "node1", string? ip = "10.244.1.2", bool isHostNetwork = false, string phase = "Running", string kubernetesNamespace = "shop",
        string? annotation = null, params NetworkStatus[] interfaces) => new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["namespace"] = kubernetesNamespace,
                ["name"] = name,
                ["uid"] = "uid",
                ["annotations"] = new JsonObject
                {
                    [NetworkStatus.Key] = annotation ?? (interfaces.Length > 0 ? NetworkStatus.Write(interfaces) : null),
                },
            },
            ["spec"] = new JsonObject { ["nodeName"] = node, ["hostNetwork"] = isHostNetwork },
            ["status"] = new JsonObject { ["phase"] = phase, ["podIP"] = ip },
        }.ToJsonString().Replace($"\"{NetworkStatus.Key}\":null", "", StringComparison.Ordinal);

    public static string Node(string name, NodeReport? report, bool isReady = true) => new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["annotations"] = report is null ? [] : new JsonObject { [NodeReport.Key] = report.Write() },
        },
        ["spec"] = new JsonObject { ["podCIDR"] = "10.244.1.0/24" },
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "Unknown" }),
        },
    }.ToJsonString();
}
