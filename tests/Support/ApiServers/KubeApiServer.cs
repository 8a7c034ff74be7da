using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Tests.Support.Certificates;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Support.ApiServers;

/// <summary>
/// A real kube-apiserver with a real etcd, on free loopback ports. Both die with the test process, however that ends. KUBE_BIN names the folder of the
/// program; without it that of scripts/kubernetes-build is used.
/// </summary>
/// <param name="networkNamespace">The network that they run in; null: this process's.</param>
public class KubeApiServer(string? networkNamespace = null) : IAsyncDisposable
{
    /// <summary>Of who may everything.</summary>
    public const string AdminToken = "admin-token-0123456789";

    /// <summary>Of who may nothing.</summary>
    public const string LimitedToken = "limited-token-0123456789";

    // The shell outlives its stdin by nothing: when the test process ends, the pipe closes and the program is killed.
    private const string Guard = "\"$@\" >\"$LOG\" 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait";

    private readonly TestCertificates _certificates = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-kube-apiserver-").FullName;
    private readonly int _etcdPort = FreePort();
    private readonly int _etcdPeerPort = FreePort();
    private readonly int _port = FreePort();
    private Process? _etcd;
    private Process? _server;
    private HttpClient? _http;

    /// <summary>Where it serves, in its network.</summary>
    public Uri Url => new($"https://127.0.0.1:{_port}");

    private static string Program => Path.Combine(
        Environment.GetEnvironmentVariable("KUBE_BIN") ?? Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "netplugin/kubernetes/1.20.2-1"),
        "kube-apiserver");

    /// <summary>Starts both, and waits until they serve.</summary>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    public async Task StartAsync()
    {
        if (!File.Exists(Program))
        {
            throw new FileNotFoundException($"there is no {Program}: run scripts/kubernetes-build, or set KUBE_BIN");
        }

        using (var key = RSA.Create(2048))
        {
            await File.WriteAllTextAsync(In("accounts.key"), key.ExportRSAPrivateKeyPem());
            await File.WriteAllTextAsync(In("accounts.pub"), key.ExportSubjectPublicKeyInfoPem());
        }

        await File.WriteAllTextAsync(In("tokens.csv"), $"{AdminToken},admin,1,\"system:masters\"\n{LimitedToken},limited,2,\"\"\n");
        var etcd = $"http://127.0.0.1:{_etcdPort}";
        var peer = $"http://127.0.0.1:{_etcdPeerPort}";
        _etcd = Start(
            "etcd", "etcd", "--data-dir", In("etcd"), "--name", "t", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"t={peer}");
        StartServer();
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Issuer == "CN=test authority" },
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = InNetwork(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(IPAddress.Loopback, _port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = Url,
        };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", AdminToken);
        await ServesAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _http?.Dispose();
        await StopAsync(_server);
        await StopAsync(_etcd);
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Kills the server as a crash would, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync(_server);
        StartServer();
        await ServesAsync();
    }

    /// <summary>A client by way of a kubeconfig.</summary>
    public KubernetesClient Client(string token = AdminToken)
    {
        var path = In($"kubeconfig-{token}");
        WriteKubeconfig(path, token);
        return new(ClusterAccess.FromKubeconfig(path));
    }

    /// <summary>Writes a kubeconfig that needs no other file.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="token">Who it is for.</param>
    public void WriteKubeconfig(string path, string token = AdminToken) => File.WriteAllText(path, $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        contexts:
        - name: test
          context: {cluster: test, user: test}
        clusters:
        - name: test
          cluster:
            server: {{Url}}
            certificate-authority-data: {{Convert.ToBase64String(File.ReadAllBytes(_certificates.CaFile))}}
        users:
        - name: test
          user:
            token: {{token}}
        """);

    /// <summary>A client that shows a certificate; it names the user "client".</summary>
    public KubernetesClient CertificateClient() => new(new ClusterAccess("the test", Url)
    {
        Authority = PemSource.OfFile(_certificates.CaFile),
        Certificate = PemSource.OfFile(_certificates.CertificateOf("client")),
        Key = PemSource.OfFile(_certificates.KeyOf("client")),
    });

    /// <summary>Makes an object (POST).</summary>
    public Task<JsonNode> CreateAsync(string path, string json) => SendAsync(HttpMethod.Post, path, json);

    /// <summary>Replaces an object (PUT).</summary>
    public Task<JsonNode> ReplaceAsync(string path, string json) => SendAsync(HttpMethod.Put, path, json);

    /// <summary>Changes an object (a merge patch).</summary>
    public Task<JsonNode> PatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, json);

    /// <summary>Deletes an object at once.</summary>
    public Task<JsonNode> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, """{"gracePeriodSeconds":0}""");

    /// <summary>Reads an object, or a list.</summary>
    public Task<JsonNode> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>Lets etcd forget every version before now, as the API server does every five minutes.</summary>
    public async Task CompactAsync()
    {
        using var etcd = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_etcdPort}") };
        using var range = await etcd.PostAsync("/v3/kv/range", Content("""{"key":"AA=="}""", "application/json"));
        var revision = (string)JsonNode.Parse(await range.Content.ReadAsStringAsync())!["header"]!["revision"]!;
        using var compacted = await etcd.PostAsync("/v3/kv/compaction", Content($$"""{"revision":"{{revision}}","physical":true}""", "application/json"));
        compacted.EnsureSuccessStatusCode();
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = Content(json, method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json");
        }

        using var response = await _http!.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(answer)! : throw new HttpRequestException($"{method} {path}: {answer}");
    }

    private static StringContent Content(string json, string type) => new(json, Encoding.UTF8, new MediaTypeHeaderValue(type));

    private void StartServer() => _server = Start(
        "kube-apiserver", Program, "--etcd-servers", $"http://127.0.0.1:{_etcdPort}", "--bind-address", "127.0.0.1", "--secure-port", $"{_port}",
        "--tls-cert-file", _certificates.CertificateOf("server"), "--tls-private-key-file", _certificates.KeyOf("server"), "--client-ca-file", _certificates.CaFile,
        "--token-auth-file", In("tokens.csv"), "--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.96.0.0/16",
        "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", In("accounts.pub"),
        "--service-account-signing-key-file", In("accounts.key"), "--disable-admission-plugins", "ServiceAccount");

    private Process Start(string name, params string[] command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] entering = networkNamespace is null ? [] : ["nsenter", "--net=" + networkNamespace];
        foreach (var argument in (string[])["-c", Guard, "sh", .. entering, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LOG"] = In(name + ".log");
        var process = Process.Start(start)!;
        process.StandardOutput.ReadLine();
        return process;
    }

    private static async Task StopAsync(Process? process)
    {
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private Task ServesAsync() => Eventually.HoldsAsync(
        $"kube-apiserver at {Url} serves; its log is in {_folder}",
        async () =>
        {
            using var response = await _http!.GetAsync("/readyz");
            return response.IsSuccessStatusCode;
        },
        TimeSpan.FromMinutes(2));

    private string In(string name) => Path.Combine(_folder, name);

    private T InNetwork<T>(Func<T> open) => networkNamespace is null ? open() : InNamespace.Open(networkNamespace, open);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
