using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.K8contivnet.Program;

/// <summary>Runs the published k8contivnet as a runtime does, in a folder of its own for the socket.</summary>
internal sealed class Plugin : IDisposable
{
    public const string Config = """{"cniVersion":"1.1.0","name":"net","type":"k8contivnet"}""";

    private static readonly string[] Variables =
        ["CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH", "NETPLUGIN_SOCKET"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("npk8c");

    public string Folder => _folder.FullName;

    public string Socket => Path.Combine(Folder, "run", "netplugin.sock");

    public string Pending => Path.Combine(Folder, "run", "pending");

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>A call of the CNI form with good variables.</summary>
    public Task<Ran> CniAsync(string command, string stdin = Config) => CniAsync(command, Encoding.UTF8.GetBytes(stdin));

    public Task<Ran> CniAsync(string command, byte[] stdin)
    {
        Default("CNI_CONTAINERID", "c1");
        Default("CNI_NETNS", "/proc/self/ns/net");
        Default("CNI_IFNAME", "eth0");
        Default("CNI_PATH", "/opt/cni/bin");
        Environment["CNI_COMMAND"] = command;
        return RunAsync([], stdin);
    }

    public async Task<Ran> RunAsync(string[] arguments, byte[] stdin)
    {
        var start = new ProcessStartInfo(RepositoryRoot.Program("k8contivnet"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in Variables)
        {
            start.Environment.Remove(name);
        }

        start.Environment["NETPLUGIN_SOCKET"] = Socket;
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var onLimit = limit.Token.Register(process.Kill);
        var stdout = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var stderr = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(stdin, CancellationToken.None);
            process.StandardInput.Close();
        }
        catch (IOException) when (process.HasExited || stdin.Length > 1 << 16)
        {
            // It may answer before it has read everything; what it answers is what counts.
            await process.WaitForExitAsync(CancellationToken.None);
        }

        await process.WaitForExitAsync(CancellationToken.None);
        return new(process.ExitCode, await stdout, await stderr);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Default(string name, string value) => Environment.TryAdd(name, value);

    internal sealed record Ran(int Exit, string Stdout, string Stderr)
    {
        /// <summary>The error object on stdout.</summary>
        public (string Version, int Code, string Message) Error
        {
            get
            {
                Assert.Equal(1, Exit);
                using var document = JsonDocument.Parse(Stdout);
                var root = document.RootElement;
                return (root.GetProperty("cniVersion").GetString()!, root.GetProperty("code").GetInt32(), root.GetProperty("msg").GetString()!);
            }
        }
    }
}
