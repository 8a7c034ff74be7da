using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Malformed input is refused whole, wherever it comes in.</summary>
public sealed class BadInputTests(BadInputTests.Testbed testbed) : IClassFixture<BadInputTests.Testbed>
{
    private readonly Cluster _cluster = testbed.Cluster;

    /// <summary>A bad intent, and what must be in the message beside the place.</summary>
    public static TheoryData<string, string> BadIntents => new()
    {
        { "{ \"Tenants\": [ ", "" },
        { "nonsense", "" },
        { """{ "Tenants": [ { "Name": "t", "DefaultNetType": "vxlan", "SubnetPol": "10.0.0.0/16" } ] }""", "SubnetPool" },
        { Tenant("\"SubnetPool\": \"11.1.0.0/30\", \"AllocSubnetLen\": 30", Network("n", "a", "b", "c", "d", "e")), "" },
        { Tenant("\"SubnetPool\": \"11.1.0.0/24\", \"AllocSubnetLen\": 24", Network("n1", "a") + "," + Network("n2", "b")), "" },
        { Tenant("\"SubnetPool\": \"11.1.0.0/16\", \"AllocSubnetLen\": 24", Network("n", "a") + "," + Network("n", "b")), "n" },
        { Tenant("\"SubnetPool\": \"11.1.0.0/16\", \"AllocSubnetLen\": 24", Network("n", "a", "a")), "a" },
        {
            Tenant(
                "\"SubnetPool\": \"11.1.0.0/16\", \"AllocSubnetLen\": 24",
                """{ "Name": "n", "SubnetCIDR": "11.1.5.0/24", "Endpoints": [ { "Container": "a", "IPAddress": "11.1.6.1" } ] }"""),
            "11.1.6.1"
        },
        { Tenant("\"SubnetPool\": \"11.1.0.0/16\", \"AllocSubnetLen\": 24, \"Vxlans\": \"16777216-16777300\"", Network("n", "a")), "" },
    };

    [Theory]
    [MemberData(nameof(BadIntents))]
    public void A_bad_intent_is_refused_whole_with_the_place_of_the_error(string intent, string named)
    {
        string before = Tenants();
        CommandResult result = _cluster.Post(intent);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@":\d+:\d+: ", result.Error);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Equal(before, Tenants());
    }

    [Fact]
    public void Fifty_megabytes_of_junk_are_refused()
    {
        string before = Tenants();
        string junk = Convert.ToHexString(RandomNumberGenerator.GetBytes(25_000_000));
        CommandResult result = _cluster.Post(junk);
        Assert.Equal(1, result.ExitCode);
        Assert.InRange(result.Error.Length, 1, 10_000);
        Assert.Equal(before, Tenants());
    }

    [Fact]
    public void Every_error_of_a_file_is_told_at_once()
    {
        string intent = Tenant(
            "\"SubnetPool\": \"not a pool\", \"AllocSubnetLen\": \"twenty\"",
            Network("good", "a") + "," + """{ "Name": "n", "Endponts": [] }""");
        CommandResult result = _cluster.Post(intent);
        Assert.Equal(1, result.ExitCode);
        Assert.True(result.Error.Split('\n').Count(line => line.Contains(':', StringComparison.Ordinal)) >= 3, result.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{ "cniVersion": "9.9.9", "name": "netplugin", "type": "k8contivnet" }""")]
    [InlineData("""{ "cniVersion": "1.0.0", "name": "../../etc", "type": "k8contivnet" }""")]
    public void Bad_cni_input_gets_a_cni_error_object(string configuration)
    {
        Pod pod = _cluster[1].CreatePod("c1");
        CommandResult result = pod.Cni("ADD", configuration);
        Assert.Equal(1, result.ExitCode);
        using JsonDocument error = JsonDocument.Parse(result.Output);
        Assert.True(error.RootElement.GetProperty("code").GetInt32() > 0);
        Assert.NotEmpty(error.RootElement.GetProperty("msg").GetString()!);
        pod.RemoveNamespace();
    }

    [Fact]
    public void The_socket_survives_garbage()
    {
        string path = Path.Combine(_cluster[1].Node.RunFolder, "netplugin", "netplugin.sock");
        foreach (int size in (int[])[1, 4, 5, 100, 70_000, 1_000_000])
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            try
            {
                socket.Send(RandomNumberGenerator.GetBytes(size));
            }
            catch (SocketException)
            {
                // The daemon may well close on the first bytes, and then the rest cannot be sent: what counts is how it is afterwards.
                continue;
            }
        }

        _cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        Pod first = _cluster[1].CreatePod("c1"), second = _cluster[1].CreatePod("c2");
        first.Add();
        Assert.True(first.Reaches(second.Add()));
        Assert.True(_cluster[1].Daemon.IsRunning);
    }

    private string Tenants() => _cluster.Etcdctl("get", "--prefix", "/netplugin/v1/tenants").Succeeded()
        + _cluster.Etcdctl("get", "--prefix", "/netplugin/v1/intent/networks").Succeeded()
        + _cluster.Etcdctl("get", "--prefix", "/netplugin/v1/endpoints").Succeeded();

    private static string Tenant(string members, string networks) =>
        $$"""{ "Tenants": [ { "Name": "t", "DefaultNetType": "vxlan", {{(members.Contains("Vxlans", StringComparison.Ordinal) ? "" : "\"Vxlans\": \"10001-10002\", ")}}{{members}}, "Networks": [ {{networks}} ] } ] }""";

    private static string Network(string name, params string[] containers) =>
        $$"""{ "Name": "{{name}}", "Endpoints": [ {{string.Join(", ", containers.Select(container => $$"""{ "Container": "{{container}}" }"""))}} ] }""";

    /// <summary>One node, made once: what is refused changes nothing.</summary>
    public sealed class Testbed : IAsyncLifetime
    {
        internal Cluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await Cluster.StartAsync(1);

        public ValueTask DisposeAsync()
        {
            Cluster.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
