using Netplugin.Agent.Configuration;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Agent.Pure;

public sealed class OptionsTests
{
    [Fact]
    public void Defaults_name_the_host_the_embedded_store_and_containerd()
    {
        var options = Read([]).Options!;
        Assert.Equal("node-name", options.HostLabel);
        Assert.False(options.Store.IsEtcd);
        Assert.Equal("/var/lib/netplugin/store.db", options.Store.EmbeddedPath);
        Assert.Equal("/run/netplugin/netplugin.sock", options.Socket);
        Assert.Equal("/run/containerd/containerd.sock", options.RuntimeEndpoint);
        Assert.Equal("127.0.0.1:9409", options.Metrics!.ToString());
    }

    [Fact]
    public void Flags_win_over_the_environment_and_that_over_the_file()
    {
        const string file = """{"Plugin-Instance":{"host-label":"from-file"},"etcd":{"machines":["http://f:1","http://g:2"]},"ovs":{"dbip":"x"}}""";
        Assert.Equal("http://f:1,http://g:2", Read(["-config", "x"], file: file).Options!.Store.EtcdEndpoints);
        Assert.Equal("from-file", Read(["-config", "x"], file: file).Options!.HostLabel);
        Assert.Equal("http://e:1", Read(["-config", "x"], "http://e:1", file).Options!.Store.EtcdEndpoints);
        Assert.Equal("http://a:1", Read(["-config", "x", "-etcd-url=http://a:1"], "http://e:1", file).Options!.Store.EtcdEndpoints);
        Assert.Equal("flag", Read(["-config", "x", "-host-label", "flag"], file: file).Options!.HostLabel);
    }

    [Fact]
    public void The_manual_names_every_flag()
    {
        var manual = File.ReadAllText(Path.Combine(Support.RepositoryRoot.Path, "docs", "netplugin.md"));
        var flags = Read(["-help"]).Output.Split('\n').Where(line => line.StartsWith("  -", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[0]);
        string[] missing = [.. flags.Where(flag => !manual.Contains($"`{flag}`", StringComparison.Ordinal) && !manual.Contains($"`{flag} ", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_bad_setting_is_reported_and_ends_with_1()
    {
        var result = Read(["-vtep-ip=1.2", "-run-dir=run", "-metrics-addr=nowhere", "-cri-endpoint=tcp://x", "-host-label=a/b", "-etcd-ca=/no/such"]);
        Assert.Equal(1, result.ExitCode);
        foreach (var flag in new[] { "-vtep-ip", "-run-dir", "-metrics-addr", "-cri-endpoint", "-host-label", "-etcd-ca" })
        {
            Assert.Contains(result.Errors, e => e.Contains(flag, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"etcd":{"machines":"http://x"}}""")]
    [InlineData("""{"etcd":{"machines":[1]}}""")]
    [InlineData("""{"plugin-instance":{"host-label":5}}""")]
    public void A_bad_configuration_file_ends_with_1(string file) => Assert.Equal(1, Read(["-config", "x"], file: file).ExitCode);

    [Fact]
    public void A_bad_flag_ends_with_2_and_shows_the_usage()
    {
        var result = Read(["-nonsense"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, e => e.Contains("-etcd-url", StringComparison.Ordinal));
    }

    [Fact]
    public void Version_and_help_end_well()
    {
        Assert.Equal((0, "netplugin 9.9\n"), (Read(["-version"]).ExitCode, Read(["-version"]).Output));
        Assert.Equal(0, Read(["-help"]).ExitCode);
        Assert.Contains("-host-label", Read(["-help"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_runtime_no_metrics_and_a_given_tunnel_address_are_taken()
    {
        var options = Read(["-cri-endpoint", "none", "-metrics-addr=", "--vtep-ip", "192.168.2.10"]).Options!;
        Assert.Equal("", options.RuntimeEndpoint);
        Assert.Null(options.Metrics);
        Assert.Equal(IpAddr.Parse("192.168.2.10"), options.Vtep);
    }

    [Fact]
    public void Pods_get_their_addresses_of_one_block_or_of_one_of_each_family_in_their_order()
    {
        Assert.True(Read([]).Options!.Blocks.IsEmpty);
        Assert.Equal("10.244.1.0/24", Read(["-pod-cidr=10.244.1.0/24"]).Options!.Blocks.ToString());
        Assert.Equal("10.244.1.0/24, fd00:10:244:1::/64", Read(["-pod-cidr=10.244.1.0/24,fd00:10:244:1::/64"]).Options!.Blocks.ToString());
        Assert.Equal("fd00:10:244:1::/64, 10.244.1.0/24", Read(["-pod-cidr=fd00:10:244:1::/64,10.244.1.0/24"]).Options!.Blocks.ToString());
    }

    [Theory]
    [InlineData("default/kubernetes kube-system/kube-dns")]
    [InlineData("", "-shared-services=")]
    [InlineData("dns/names kube-system/kube-dns", "-shared-services=kube-system/kube-dns, dns/names")]
    public void Services_that_all_may_use_are_the_API_servers_and_the_names_unless_others_are_given(string expected, params string[] given) =>
        Assert.Equal(expected, string.Join(' ', Read(given).Options!.SharedServices.Order()));

    [Theory]
    [InlineData("kube-dns", "\"kube-dns\"")]
    [InlineData("default/kubernetes,kube-system/", "\"kube-system/\"")]
    [InlineData("a/b/c", "\"a/b/c\"")]
    public void What_names_no_Service_is_refused(string given, string says) =>
        Assert.Contains($"-shared-services: {says} is not NAMESPACE/NAME", Assert.Single(Read([$"-shared-services={given}"]).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("10.244.1.0/24,10.244.2.0/24", "two blocks of one family")]
    [InlineData("fd00:1::/64,10.244.1.0/24,fd00:2::/64", "two blocks of one family")]
    [InlineData("10.244.1.0/24,fd00:1::1/64", "\"fd00:1::1/64\" is not a block")]
    [InlineData("10.244.1.0/24,", "\"\" is not a block")]
    [InlineData("10.244.1.0/31", "room for a pod")]
    public void Wrong_blocks_are_refused_by_name(string given, string says) =>
        Assert.Contains(says, Assert.Single(Read([$"-pod-cidr={given}"]).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("10.128.0.0/14 /24", "-pod-pool=10.128.0.0/14")]
    [InlineData("10.128.0.0/14 /24, fd00:10:128::/48 /64", "-pod-pool=10.128.0.0/14,fd00:10:128::/48")]
    [InlineData("fd00:10:128::/104 /120", "-pod-pool=fd00:10:128::/104")]
    [InlineData("fd00:10:128::/48 /80, 10.0.0.0/8 /26", "-pod-pool=fd00:10:128::/48,10.0.0.0/8", "-pod-block-length=80,26")]
    [InlineData("10.1.2.0/28 /30", "-pod-pool=10.1.2.0/28", "-pod-block-length=30")]
    public void Blocks_are_leased_from_one_pool_or_from_one_of_each_family(string expected, params string[] given) =>
        Assert.Equal(expected, string.Join(", ", Read(given).Options!.Pools.Select(pool => $"{pool.Prefix} /{pool.BlockLength}")));

    [Theory]
    [InlineData("give one of them", "-pod-pool=10.128.0.0/14", "-pod-cidr=10.244.1.0/24")]
    [InlineData("\"10.128.0.1/14\" is not a pool", "-pod-pool=10.128.0.1/14")]
    [InlineData("\"\" is not a pool", "-pod-pool=10.128.0.0/14,")]
    [InlineData("two pools of one family", "-pod-pool=10.128.0.0/14,10.132.0.0/14")]
    [InlineData("a block of /24 cannot be cut from -pod-pool 10.128.0.0/26: give a -pod-block-length from 26 to 30", "-pod-pool=10.128.0.0/26")]
    [InlineData("a block of /13 cannot be cut from -pod-pool 10.128.0.0/14", "-pod-pool=10.128.0.0/14", "-pod-block-length=13")]
    [InlineData("a block of /31 cannot be cut", "-pod-pool=10.128.0.0/14", "-pod-block-length=31")]
    [InlineData("a block of /x cannot be cut", "-pod-pool=10.128.0.0/14", "-pod-block-length=x")]
    [InlineData("has 1 lengths and -pod-pool 2 pools", "-pod-pool=10.128.0.0/14,fd00::/48", "-pod-block-length=24")]
    [InlineData("has 1 lengths and -pod-pool 0 pools", "-pod-block-length=24")]
    public void Wrong_pools_are_refused_by_name(string says, params string[] given) =>
        Assert.Contains(says, Assert.Single(Read(given).Errors), StringComparison.Ordinal);

    [Fact]
    public void A_pod_finds_etcd_by_the_Service_of_its_namespace_unless_told_otherwise()
    {
        Assert.Equal("[fd00::7]:12379", Read([], service: "tcp://[fd00::7]:12379").Options!.Store.EtcdEndpoints);
        Assert.Equal("http://e:1", Read([], "http://e:1", service: "tcp://10.96.0.7:12379").Options!.Store.EtcdEndpoints);
    }

    [Fact]
    public void Certificates_want_names_and_a_Secret_its_namespace()
    {
        var made = Read(["-make-etcd-certificates=/c", "-etcd-names=10.0.0.1, fd00::1,etcd.example.org", "-etcd-secret=a/b"]).Options!.EtcdCertificates!;
        Assert.Equal(["10.0.0.1", "fd00::1", "etcd.example.org"], made.Names);
        Assert.Equal("a/b", made.Secret.ToString());
        foreach (string[] wrong in (string[][])[["-etcd-names="], ["-etcd-names=$(HOST)"], ["-etcd-names=a", "-etcd-secret=b"]])
        {
            Assert.Equal(1, Read(["-make-etcd-certificates=/c", .. wrong]).ExitCode);
        }
    }

    private static OptionsResult Read(string[] arguments, string? endpoints = null, string? file = null, string? service = null) => new OptionsReader("node-name").Read(
        arguments, name => name == "NETPLUGIN_ETCD_ENDPOINTS" ? endpoints : name == "NETPLUGIN_ETCD_PORT" ? service : null, _ => file ?? throw new FileNotFoundException("no such file"), "9.9");
}
