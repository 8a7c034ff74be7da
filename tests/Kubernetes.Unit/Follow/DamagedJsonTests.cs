using System.Text;
using System.Text.Json;
using CsCheck;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Follow;

/// <summary>Whatever a server sends is an object or a <see cref="JsonException"/>, and nothing else.</summary>
public sealed class DamagedJsonTests
{
    private static readonly string[] Good =
    [
        Texts.Pod("a", "1", """{"app":"w\u00e9b","tier":"x"}"""),
        """{"metadata":{"name":"n","labels":{"topology.kubernetes.io/zone":"east"}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24","fd00::/64"]},"status":{"addresses":[{"type":"InternalIP","address":"192.168.2.10"}]}}""",
        """
        {"metadata":{"name":"web","namespace":"shop","creationTimestamp":"2020-12-08T00:00:00Z","annotations":{"io.contiv.tenant":"t","other":"{\"a\":[1]}"}},
        "spec":{"type":"NodePort","clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1"],"externalIPs":["198.51.100.1"],"sessionAffinity":"ClientIP",
        "sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10}},"ports":[{"name":"http","protocol":"TCP","port":80,"nodePort":30080}]},
        "status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.1","ipMode":"VIP"}]}}}
        """,
        """
        {"metadata":{"name":"web-a","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],
        "endpoints":[{"addresses":["10.1.0.2"],"conditions":{"ready":true,"serving":null},"nodeName":"n","topology":{"kubernetes.io/hostname":"n"},"hints":{"forZones":[{"name":"east"}]}}]}
        """,
        """
        {"metadata":{"name":"p","namespace":"shop","uid":"5e2a5f0e-5a54-4c3c-9d28-2e6bb0b4a3a1","annotations":{"k8s.v1.cni.cncf.io/network-status":"[{\"name\":\"t/n\",\"ips\":[\"1.1.1.1\"]}]"}},
        "spec":{"nodeName":"n","containers":[{"ports":[{"name":"http","containerPort":80,"protocol":"TCP"}]}],"initContainers":[{"restartPolicy":"Always"}]}}
        """,
        """{"metadata":{"name":"p","namespace":"shop"},"spec":{"podSelector":{"matchLabels":{"a":"b"}},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"}}],"ports":[{"port":80}]}]}}""",
        """{"metadata":{"name":"web","namespace":"shop"},"subsets":[{"addresses":[{"ip":"10.1.0.2","nodeName":"n"}],"notReadyAddresses":[{"ip":"10.1.0.3"}],"ports":[{"port":8080}]}]}""",
    ];

    private static readonly Gen<byte[]> Damaged = Damage.Of(
            Good,
            ["{}", "[]", "null", "5", "-1", "\"\"", "{", "}", "[", "]", ":", ",", "\"", "\\", "\\ud800", "\0", "9e99", "true", "\u00ff"],
            most: 4)
        .Select(Encoding.Latin1.GetBytes);

    [Fact]
    public void Any_object_is_read_or_refused()
    {
        Action<byte[]>[] readers =
        [
            .. Readers(Resource.Pods), .. Readers(Resource.Nodes), .. Readers(Resource.Namespaces), .. Readers(Resource.Services), .. Readers(Resource.Endpoints),
            .. Readers(Resource.PolicedPods), .. Readers(Resource.NetworkPolicies), .. Readers(Resource.ClusterNetworkPolicies),
        ];
        Gen.Select(Damaged, Gen.OneOf(readers)).Sample((json, read) => ReadsOrRefuses(() => read(json)), iter: 30_000);
    }

    [Fact]
    public void Any_line_of_a_watch_is_read_or_refused() => Damaged.Sample(
        json => ReadsOrRefuses(() =>
        {
            byte[] line = [.. "{\"type\":\"ADDED\",\"object\":"u8, .. json, .. "}"u8];
            var read = WatchLine.Read(line);
            Assert.Equal(WatchLineType.Set, read.Type);
            Resource.Pods.Forms[0].ReadObject(read.Json);
        }),
        iter: 20_000);

    [Fact]
    public void Any_list_is_read_or_refused() => Damaged.Sample(
        json => ReadsOrRefuses(() =>
        {
            byte[] list = [.. "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["u8, .. json, .. "]}"u8];
            using var stream = new MemoryStream(list);
            Resource.Services.Forms[0].ReadPageAsync(stream, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }),
        iter: 10_000);

    [Theory]
    [InlineData("""{"object":{"a":[{}]},"type":"DELETED"}""", "Removed", """{"a":[{}]}""")]
    [InlineData(""" { "type" : "MODIFIED" , "more":[1,{"type":"x"}], "object" : {"type":"y"} } """, "Set", """{"type":"y"}""")]
    [InlineData("""{"type":"BOOKMARK","object":{}}""", "Bookmark", "{}")]
    [InlineData("""{"type":"ERROR","object":null}""", "Error", "null")]
    public void A_watch_line_is_type_and_object_in_either_order(string text, string type, string json)
    {
        var line = WatchLine.Read(Encoding.UTF8.GetBytes(text));

        Assert.Equal(type, line.Type.ToString());
        Assert.Equal(json, Encoding.UTF8.GetString(line.Json));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"type":"ADDED"}""")]
    [InlineData("""{"object":{}}""")]
    [InlineData("""{"type":"RENAMED","object":{}}""")]
    [InlineData("""{"type":5,"object":{}}""")]
    [InlineData("""{"type":"ADDED","object":{}""")]
    [InlineData("""{"\ud800":1,"type":"ADDED","object":{}}""")]
    [InlineData("""{"type":"\ud800","object":{}}""")]
    public void What_is_no_watch_line_is_refused(string text) => Assert.ThrowsAny<JsonException>(() => WatchLine.Read(Encoding.UTF8.GetBytes(text)));

    private static IEnumerable<Action<byte[]>> Readers<T>(Resource<T> resource)
        where T : class => resource.Forms.Select(form => (Action<byte[]>)(json => form.ReadObject(json)));

    private static void ReadsOrRefuses(Action read)
    {
        try
        {
            read();
        }
        catch (JsonException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
