using System.Text;
using CsCheck;
using Netplugin.NodeApi.Cni;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.Cni;

public sealed class CniRequestTests
{
    private const string Prev = """{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/n"}],"ips":[{"address":"10.0.0.2/24","interface":0}]}""";

    [Theory]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public void An_add_is_read_in_every_served_version(string version)
    {
        var request = CniRequest.Parse(
            Add() with { Args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=blue;K8S_POD_NAME=web-1;K8S_POD_UID=u-7" },
            $$$"""{"cniVersion":"{{{version}}}","name":"net","type":"k8contivnet","dns":{"nameservers":["10.0.0.10"]}}""");

        Assert.Equal(CniCommand.Add, request.Command);
        Assert.Equal(version, request.Version);
        Assert.Equal(("c1", "/var/run/netns/a", "eth0"), (request.ContainerId, request.Netns, request.IfName));
        Assert.Equal(("web-1", "blue", "u-7"), (request.PodName, request.PodNamespace, request.PodUid));
        Assert.Equal(["10.0.0.10"], request.Dns!.Nameservers);
        Assert.Null(request.Previous);
    }

    [Theory]
    [InlineData("CHECK", "0.3.1", 1)]
    [InlineData("GC", "1.0.0", 1)]
    [InlineData("STATUS", "0.4.0", 1)]
    [InlineData("ADD", "0.2.0", 1)]
    [InlineData("ADD", "2.0.0", 1)]
    [InlineData("ADD", "", 1)]
    [InlineData("EXPLODE", "1.0.0", 4)]
    [InlineData("", "1.0.0", 4)]
    [InlineData("CHECK", "1.0.0", 7)] // no prevResult
    [InlineData("GC", "1.1.0", 7)] // no list of attachments: nothing may be freed
    public void A_command_its_version_does_not_allow_is_refused_with_the_code(string command, string version, int code) =>
        Assert.Equal(code, Refused(Add() with { Command = command }, $$"""{"cniVersion":"{{version}}","name":"net"}""").Code);

    [Theory]
    [InlineData("ADD", "", "/n", "eth0", "CNI_CONTAINERID")]
    [InlineData("ADD", "c1", "", "eth0", "CNI_NETNS")]
    [InlineData("ADD", "c1", "/n", "", "CNI_IFNAME")]
    [InlineData("ADD", "", "", "", "CNI_CONTAINERID CNI_NETNS CNI_IFNAME")]
    [InlineData("DEL", "c1", "", "", "CNI_IFNAME")]
    [InlineData("ADD", "../../etc/passwd", "/n", "eth0", "CNI_CONTAINERID")]
    [InlineData("ADD", "-c1", "/n", "eth0", "CNI_CONTAINERID")]
    [InlineData("ADD", "c 1", "/n", "eth0", "CNI_CONTAINERID")]
    [InlineData("ADD", "c1", "/n", "eth0/1", "CNI_IFNAME")]
    [InlineData("ADD", "c1", "/n", "sixteen-letters0", "CNI_IFNAME")]
    [InlineData("ADD", "c1", "/n", "..", "CNI_IFNAME")]
    [InlineData("ADD", "c1", "/n", "eth:0", "CNI_IFNAME")]
    [InlineData("ADD", "c1", "/n", "eth\n", "CNI_IFNAME")]
    public void A_wrong_variable_is_refused_by_name(string command, string id, string netns, string ifName, string named)
    {
        var refused = Refused(new(command, id, netns, ifName), Config());

        Assert.Equal(4, refused.Code);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 6)]
    [InlineData("{", 6)]
    [InlineData("[]", 6)]
    [InlineData("\"text\"", 6)]
    [InlineData("{\"cniVersion\":\"1.0.0\"}", 7)] // no name
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"a/b\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":7}", 7)]
    [InlineData("{\"cniVersion\":1,\"name\":\"n\"}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"ipam\":{\"type\":\"host-local\"}}", 2)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"ipMasq\":true}", 2)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"prevResult\":[]}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"prevResult\":{\"ips\":[{\"address\":\"nonsense\"}]}}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"prevResult\":{\"ips\":[{\"address\":\"1.2.3.4/24\",\"interface\":3}]}}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"prevResult\":{\"interfaces\":[1]}}", 7)]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"dns\":{\"nameservers\":\"x\"}}", 7)]
    public void A_wrong_configuration_is_refused_with_the_code(string stdin, int code) => Assert.Equal(code, Refused(Add(), stdin).Code);

    [Fact]
    public void An_argument_that_is_not_a_pair_is_refused() => Assert.Equal(4, Refused(Add() with { Args = "K8S_POD_NAME" }, Config()).Code);

    [Fact]
    public void A_delete_needs_no_namespace()
    {
        var request = CniRequest.Parse(new("DEL", "c1", "", "eth0"), Config());

        Assert.Equal(CniCommand.Del, request.Command);
        Assert.Equal("", request.Netns);
    }

    [Fact]
    public void A_delete_with_a_damaged_previous_result_still_goes_through() =>
        Assert.Equal(CniCommand.Del, CniRequest.Parse(new("DEL", "c1", "", "eth0"), """{"cniVersion":"1.0.0","name":"n","prevResult":7}""").Command);

    [Fact]
    public void A_collection_lists_what_must_stay()
    {
        var request = CniRequest.Parse(
            new("GC", Path: "/opt/cni/bin"),
            """{"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"},{"containerID":"b","ifname":"eth1"}]}""");

        Assert.True(request.ValidAttachments.SetEquals([new CniAttachmentName("a", "eth0"), new CniAttachmentName("b", "eth1")]));
    }

    [Fact]
    public void A_collection_with_an_empty_list_frees_all() => Assert.Empty(
        CniRequest.Parse(new("GC", Path: "/x"), """{"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":[]}""").ValidAttachments);

    [Fact]
    public void A_check_carries_the_previous_result()
    {
        var request = CniRequest.Parse(Add() with { Command = "CHECK" }, $$$"""{"cniVersion":"1.0.0","name":"n","prevResult":{{{Prev}}}}""");

        Assert.Equal(new CniResult([new CniInterface("eth0", Sandbox: "/n")], [new CniIp("10.0.0.2/24", Interface: 0)], []), request.Previous);
    }

    [Fact]
    public void Host_ports_are_read_and_a_port_0_asks_for_none()
    {
        var request = CniRequest.Parse(Add(), WithMappings("""
            {"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":53,"containerPort":5353,"protocol":"UDP","hostIP":"192.168.2.10"},
            {"hostPort":0,"containerPort":81,"protocol":"tcp"},{"hostPort":9,"containerPort":9,"protocol":"sctp","hostIP":"fd00::1"},
            {"hostPort":10,"containerPort":10,"hostIP":"0.0.0.0"},{"hostPort":11,"containerPort":11,"protocol":"","hostIP":"::"}
            """));

        Assert.Equal(
            ["tcp 8080", "udp 192.168.2.10:53", "sctp [fd00::1]:9", "tcp 10", "tcp 11"], request.PortMappings.Select(mapping => mapping.ToString()));
        Assert.Equal([80, 5353, 9, 10, 11], request.PortMappings.Select(mapping => (int)mapping.ContainerPort));
    }

    [Fact]
    public void Host_ports_are_read_as_containerd_writes_them()
    {
        var request = CniRequest.Parse(Add(), WithMappings("""{"HostPort":8090,"ContainerPort":8080,"Protocol":"tcp","HostIP":""}"""));

        var mapping = Assert.Single(request.PortMappings);
        Assert.Equal(("tcp 8090", 8080), (mapping.ToString(), mapping.ContainerPort));
    }

    [Theory]
    [InlineData("""{"hostPort":65536,"containerPort":80,"protocol":"tcp"}""", "hostPort")]
    [InlineData("""{"hostPort":-1,"containerPort":80,"protocol":"tcp"}""", "hostPort")]
    [InlineData("""{"hostPort":"80","containerPort":80,"protocol":"tcp"}""", "hostPort")]
    [InlineData("""{"hostPort":80,"containerPort":0,"protocol":"tcp"}""", "containerPort")]
    [InlineData("""{"hostPort":80,"containerPort":70000,"protocol":"tcp"}""", "containerPort")]
    [InlineData("""{"hostPort":80,"protocol":"tcp"}""", "containerPort")]
    [InlineData("""{"hostPort":80,"containerPort":80,"protocol":"icmp"}""", "protocol")]
    [InlineData("""{"hostPort":80,"containerPort":80,"protocol":6}""", "protocol")]
    [InlineData("""{"hostPort":80,"containerPort":80,"hostIP":"localhost"}""", "hostIP")]
    [InlineData("7", "portMappings")]
    public void A_wrong_host_port_is_refused_by_name(string mapping, string named)
    {
        var refused = Refused(Add(), WithMappings(mapping));

        Assert.Equal(7, refused.Code);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delete_with_damaged_host_ports_still_goes_through() =>
        Assert.Empty(CniRequest.Parse(new("DEL", "c1", "", "eth0"), WithMappings("7")).PortMappings);

    [Fact]
    public void Host_ports_overlap_where_a_packet_could_be_for_both()
    {
        var mappings = CniRequest.Parse(Add(), WithMappings("""
            {"hostPort":80,"containerPort":80},{"hostPort":80,"containerPort":81,"hostIP":"10.0.0.1"},{"hostPort":80,"containerPort":82,"hostIP":"10.0.0.2"},
            {"hostPort":80,"containerPort":80,"protocol":"udp"},{"hostPort":81,"containerPort":80}
            """)).PortMappings;

        Assert.True(mappings[0].Overlaps(mappings[1]) && mappings[2].Overlaps(mappings[0]));
        Assert.False(mappings[1].Overlaps(mappings[2]) || mappings[0].Overlaps(mappings[3]) || mappings[0].Overlaps(mappings[4]));
    }

    [Fact]
    public void Nothing_a_runtime_may_hand_over_makes_reading_do_worse_than_refuse()
    {
        var whole = $$$"""
            {"cniVersion":"1.1.0","name":"n","dns":{"nameservers":["10.0.0.1"],"domain":"d","search":["s"],"options":["o"]},
             "cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"}],"runtimeConfig":{"portMappings":[{"hostPort":1,"containerPort":2,"protocol":"tcp","hostIP":"::1"}]},"prevResult":{{{Prev}}}}
            """;
        var damage = Gen.Select(Gen.Int[0, 1000], Gen.OneOf(Among("{}[]:,\"\\07-e. /".ToCharArray()), Gen.Char)).Array[0, 4];
        var texts = Gen.OneOf(Gen.String, damage.Select(changes =>
        {
            var text = new StringBuilder(whole);
            foreach (var (at, value) in changes)
            {
                text[at % text.Length] = value;
            }

            return text.ToString();
        }));
        var word = Gen.OneOf(Among("c1", "/n", "eth0", "..", "", "IgnoreUnknown=1;K8S_POD_NAME=p"), Gen.String);
        var environments = Gen.Select(
            Among("ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", "x"), word, word, word, word,
            static (command, id, netns, device, arguments) => new CniEnvironment(command, id, netns, device, arguments, "/opt/cni/bin"));
        var fixedEnvironment = Among("ADD", "DEL", "CHECK", "GC", "STATUS").Select(command => Add() with { Command = command });
        Gen.Select(Gen.OneOf(environments, fixedEnvironment), texts).Sample(
            (environment, stdin) =>
            {
                try
                {
                    CniRequest.Parse(environment, stdin);
                }
                catch (CniException e)
                {
                    Assert.InRange(e.Code, 1, 99);
                }

                // What an error object is shaped by must not fail either.
                Assert.Contains(CniRequest.VersionFor(stdin), CniRules.Versions);
            },
            iter: 20_000);
    }

    private static Gen<T> Among<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static string WithMappings(string mappings) =>
        $$$"""{"cniVersion":"1.0.0","name":"n","runtimeConfig":{"portMappings":[{{{mappings}}}]}}""";

    private static CniEnvironment Add() => new("ADD", "c1", "/var/run/netns/a", "eth0", "", "/opt/cni/bin");

    private static string Config() => """{"cniVersion":"1.0.0","name":"net"}""";

    private static CniException Refused(CniEnvironment environment, string stdin) =>
        Assert.Throws<CniException>(() => CniRequest.Parse(environment, stdin));
}
