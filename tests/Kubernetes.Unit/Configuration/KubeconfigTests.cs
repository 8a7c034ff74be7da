using CsCheck;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Unit.Configuration;

public sealed class KubeconfigTests : IDisposable
{
    private const string Secret = "s3cretT0ken";

    private static readonly string Good = $$"""
        apiVersion: v1
        kind: Config
        current-context: second
        contexts:
        - name: first
          context: {cluster: c1, user: u1}
        - context:
            cluster: c2
            user: u2
          name: second
        clusters:
        - name: c1
          cluster:
            server: https://10.0.0.1:6443
            certificate-authority: pki/ca.crt
        - name: c2
          cluster:
            server: "https://[fd00::1]:6443/k8s/"
            tls-server-name: kubernetes
            certificate-authority-data: aGVsbG8=
            insecure-skip-tls-verify: false
        users:
        - name: u1
          user: {client-certificate: /etc/c.crt, client-key: c.key}
        - name: u2
          user:
            token: {{Secret}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-kubeconfig-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_current_context_says_which_cluster_and_user()
    {
        var access = ClusterAccess.FromKubeconfig(Written(Good));

        Assert.Equal("https://[fd00::1]:6443/k8s/", access.Server.ToString());
        Assert.Equal(("kubernetes", "hello", Secret), (access.ServerName, access.Authority!.Read(), access.Token!.Current()));
        Assert.Null(access.Certificate);
        Assert.DoesNotContain(Secret, access.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_context_may_be_named_and_files_are_relative_to_the_kubeconfig()
    {
        var access = ClusterAccess.FromKubeconfig(Written(Good), "first");

        Assert.Equal(Path.Combine(_folder, "pki/ca.crt"), access.Authority!.Name);
        Assert.Equal(("/etc/c.crt", Path.Combine(_folder, "c.key")), (access.Certificate!.Name, access.Key!.Name));
        Assert.Null(access.Token);
    }

    [Fact]
    public void A_kubeconfig_may_be_JSON()
    {
        var access = ClusterAccess.FromKubeconfig(Written($$$"""
            {"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],
            "clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:8001"}}],"users":[{"name":"u","user":{"tokenFile":"{{{Written(Secret + "\n", "token")}}}"}}]}
            """));

        Assert.Equal(("http://127.0.0.1:8001/", Secret), (access.Server.ToString(), access.Token!.Current()));
    }

    [Theory]
    [InlineData("token: " + Secret, "exec: {command: aws, args: [" + Secret + "]}", "exec")]
    [InlineData("token: " + Secret, "auth-provider: {name: gcp}", "auth-provider")]
    [InlineData("token: " + Secret, "username: u\n    password: " + Secret, "username")]
    [InlineData("token: " + Secret, "as: root", "as")]
    [InlineData("token: " + Secret, "token: [" + Secret + "]", "token")]
    [InlineData("token: " + Secret, "token: \"a\\r\\nX: " + Secret + "\"", "token")]
    [InlineData("token: " + Secret, "client-key-data: " + Secret + "!", "base64")]
    [InlineData("insecure-skip-tls-verify: false", "insecure-skip-tls-verify: true", "certificate-authority")]
    [InlineData("insecure-skip-tls-verify: false", "proxy-url: http://proxy", "proxy")]
    [InlineData("\"https://[fd00::1]:6443/k8s/\"", "https://u:" + Secret + "@10.0.0.1", "plain URL")]
    [InlineData("\"https://[fd00::1]:6443/k8s/\"", "http://10.0.0.1", "without TLS")]
    [InlineData("\"https://[fd00::1]:6443/k8s/\"", "10.0.0.1:6443", "plain URL")]
    [InlineData("current-context: second", "current-context: third", "third")]
    [InlineData("current-context: second", "", "current-context")]
    [InlineData("cluster: c2", "cluster: c3", "c3")]
    [InlineData("users:", "users: [*" + Secret + "]\nother:", "line")]
    [InlineData("kind: Config", "kind: [" + Secret, "line")]
    public void What_cannot_be_used_is_refused_by_name_and_without_its_secrets(string old, string now, string word)
    {
        var path = Written(Good.Replace(old, now, StringComparison.Ordinal));

        var e = Assert.Throws<KubernetesException>(() => ClusterAccess.FromKubeconfig(path));

        Assert.Equal(KubernetesFailure.Configuration, e.Reason);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(word, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_to_be()
    {
        var e = Assert.Throws<KubernetesException>(() => ClusterAccess.FromKubeconfig(Path.Combine(_folder, "none")));

        Assert.Contains("none", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_leaves_a_kubeconfig_or_one_exception_without_the_secret()
    {
        var path = Path.Combine(_folder, "damaged");
        Damage.Of([Good], ["{", "}", "[", "- ", ": ", "\"", "'", "&a ", "*a", "!!x ", "|\n", "\t", "\n", "%", "? ", "--- ", "null"], most: 4).Sample(
            text =>
            {
                File.WriteAllText(path, text);
                try
                {
                    ClusterAccess.FromKubeconfig(path);
                }
                catch (KubernetesException e)
                {
                    Assert.Equal(KubernetesFailure.Configuration, e.Reason);
                    Assert.DoesNotContain(Secret, e.ToString(), StringComparison.Ordinal);
                }
            },
            iter: 3000,
            threads: 1);
    }

    [Fact]
    public void A_file_of_brackets_does_not_end_the_process() =>
        Assert.Throws<KubernetesException>(() => ClusterAccess.FromKubeconfig(Written(new string('[', 2000))));

    [Fact]
    public void A_pod_has_its_service_account()
    {
        Written("authority", "ca.crt");
        Written(Secret, "token");

        var access = ClusterAccess.InCluster(Variables("fd00:96::1", "443"), _folder)!;

        Assert.Equal("https://[fd00:96::1]/", access.Server.ToString());
        Assert.Equal(("authority", Secret), (access.Authority!.Read(), access.Token!.Current()));
    }

    [Fact]
    public void Outside_of_a_pod_there_is_no_service_account() => Assert.Null(ClusterAccess.InCluster(_ => null, _folder));

    [Theory]
    [InlineData(false, "10.96.0.1", "-kubeconfig")]
    [InlineData(true, "10.96.0.1:x y", "KUBERNETES_SERVICE_HOST")]
    public void A_pod_whose_service_account_cannot_be_used_is_told(bool hasAuthority, string host, string word)
    {
        if (hasAuthority)
        {
            Written("authority", "ca.crt");
        }

        var e = Assert.Throws<KubernetesException>(() => ClusterAccess.InCluster(Variables(host, "443"), _folder));

        Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    private static Func<string, string?> Variables(string host, string port) =>
        name => name switch { "KUBERNETES_SERVICE_HOST" => host, "KUBERNETES_SERVICE_PORT" => port, _ => null };

    private string Written(string text, string name = "config")
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
