using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Store;
using Netplugin.Store.Etcd;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>A real etcd on free loopback ports. It dies with the test process, however that ends.</summary>
public sealed class EtcdProcess : IAsyncLifetime
{
    // The shell lives until its standard input closes, which the kernel does when the test process ends; then it kills etcd.
    private const string Guard = "\"$@\" >\"$LOG\" 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait";

    private readonly string _folder = Directory.CreateTempSubdirectory("netdcli-etcd-").FullName;
    private Process? _guard;

    /// <summary>The client URL.</summary>
    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");

    public async ValueTask InitializeAsync()
    {
        var peer = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                "-c", Guard, "sh", "etcd", "--name", "t", "--data-dir", Path.Combine(_folder, "data"),
                "--listen-client-urls", Url, "--advertise-client-urls", Url, "--listen-peer-urls", peer,
                "--initial-advertise-peer-urls", peer, "--initial-cluster", $"t={peer}",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LOG"] = Path.Combine(_folder, "log");
        _guard = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start");
        await using var store = new EtcdStore(new([new Uri(Url)]));
        await Eventually.HoldsAsync(
            $"etcd serves at {Url} (its log is in {_folder}; is the package etcd-server installed?)",
            async () => await store.GetAsync(StoreKeys.Cluster) is null, TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Kills etcd.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _guard, null) is { } guard)
        {
            guard.StandardInput.Close();
            await guard.WaitForExitAsync();
            guard.Dispose();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
