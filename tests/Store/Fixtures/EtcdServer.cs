using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Store;
using Netplugin.Store.Etcd;

namespace Netplugin.Tests.Store.Fixtures;

/// <summary>A real etcd on free loopback ports with a data directory of its own. It dies with the test process, however that ends.</summary>
public sealed class EtcdServer : IAsyncLifetime
{
    // The shell outlives its stdin by nothing: when the test process ends, the pipe closes and etcd is killed.
    private const string Guard = "\"$@\" >\"$LOG\" 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait";

    private readonly string[] _extra;
    private readonly string _scheme;
    private readonly int _client = FreePort();
    private readonly int _peer = FreePort();
    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-etcd-").FullName;
    private Process? _guard;

    public EtcdServer()
        : this("http")
    {
    }

    internal EtcdServer(string scheme, params string[] extra) => (_scheme, _extra) = (scheme, extra);

    internal Uri Url => new($"{_scheme}://127.0.0.1:{_client}");

    internal EtcdOptions Options => new([Url]);

    internal string DataDirectory => Path.Combine(_directory, "data");

    internal int Pid { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Start();
        await ServesAsync(Options);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    internal EtcdStore Open() => new(Options);

    internal void Start()
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "-c", Guard, "sh", "etcd", "--data-dir", DataDirectory, "--name", "t",
            "--listen-client-urls", Url.GetLeftPart(UriPartial.Authority), "--advertise-client-urls", Url.GetLeftPart(UriPartial.Authority),
            "--listen-peer-urls", $"http://127.0.0.1:{_peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peer}",
            "--initial-cluster", $"t=http://127.0.0.1:{_peer}", .. _extra,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LOG"] = Path.Combine(_directory, "log");
        _guard = Process.Start(start)!;
        Pid = int.Parse(_guard.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Kills etcd as a crash would.</summary>
    internal async Task StopAsync()
    {
        if (_guard is { } guard)
        {
            _guard = null;
            guard.StandardInput.Close();
            await guard.WaitForExitAsync();
            guard.Dispose();
        }
    }

    internal async Task ServesAsync(EtcdOptions options)
    {
        await using var store = new EtcdStore(options);
        await Wait.UntilAsync($"etcd at {Url} serves; its log is in {_directory}", async () =>
        {
            try
            {
                await store.GetAsync("/");
                return true;
            }
            catch (StoreException e) when (e.IsTransient)
            {
                return false;
            }
        });
    }

    /// <summary>Copies the data directory; the server must be stopped.</summary>
    internal void Backup(string name) => Copy(DataDirectory, Path.Combine(_directory, name));

    internal void Restore(string name)
    {
        Directory.Delete(DataDirectory, recursive: true);
        Copy(Path.Combine(_directory, name), DataDirectory);
    }

    /// <summary>Runs etcdctl and waits for its success.</summary>
    internal async Task ControlAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("etcdctl", ["--endpoints", Url.ToString().TrimEnd('/'), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["ETCDCTL_API"] = "3";
        using var run = Process.Start(start)!;
        var output = run.StandardOutput.ReadToEndAsync();
        var error = await run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, $"etcdctl {string.Join(' ', arguments)}: {error}{await output}");
    }

    private static void Copy(string from, string to)
    {
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(to + directory[from.Length..]);
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, to + file[from.Length..]);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
