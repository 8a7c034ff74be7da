using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Netdcli;
using Netplugin.Core.Services;

namespace KubectlNetplugin.Reading;

/// <summary>
/// Asks the API server by <c>kubectl get --raw</c>: whatever a kubeconfig can say of how to log in, kubectl does, and no credential comes by here.
/// </summary>
/// <param name="program">kubectl's name or path.</param>
/// <param name="selection">Which cluster.</param>
internal sealed class Kubectl(string program, ClusterSelection selection) : IApiServer
{
    private const string Default = "default";

    /// <inheritdoc/>
    public Task<T> ReadAsync<T>(string path, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        RunAsync(["get", "--raw", path], read, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> NamespaceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var named = await RunAsync(["config", "view", "--minify", "-o", "jsonpath={..namespace}"], ReadTextAsync, cancellationToken);
            return named.Length > 0 ? named : Default;
        }
        catch (CliException)
        {
            // There is no context, as in a pod. When that is a mistake, the question that follows fails by it too, and says so better.
            return Default;
        }
    }

    /// <inheritdoc/>
    public async Task<ExecResult> ExecAsync(NamespacedName pod, string container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        // Whatever stands behind the dashes is the program's.
        using var process = Start(Prepare([.. Selection(), "exec", "-n", pod.Namespace, pod.Name, "-c", container, "--", .. command]));
        await using var ending = cancellationToken.Register(process.Kill);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return new(process.ExitCode, await output, (await errors).Trim());
    }

    private static async ValueTask<string> ReadTextAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private async Task<T> RunAsync<T>(string[] arguments, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        using var process = Start(Prepare([.. arguments, .. Selection()]));
        await using var ending = cancellationToken.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        T? value = default;
        JsonException? unreadable = null;
        try
        {
            value = await read(process.StandardOutput.BaseStream, cancellationToken);
        }
        catch (JsonException e)
        {
            // A kubectl that failed has written nothing; what it says is then the reason.
            unreadable = e;
        }

        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            var said = (await errors).Trim();
            throw new CliException(said.Length > 0 ? said : $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode} and did not say why");
        }

        return unreadable is null ? value! : throw new CliException($"what the API server has at {arguments[^1]} cannot be read: {unreadable.Message}", inner: unreadable);
    }

    private string[] Selection() => [.. Option("--kubeconfig", selection.Kubeconfig), .. Option("--context", selection.Context)];

    private ProcessStartInfo Prepare(IEnumerable<string> arguments) => new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CliException($"{program}, by which the API server is asked, cannot be started: {e.Message}; have it in the PATH", inner: e);
        }
    }

    private static string[] Option(string name, string? value) => value is null ? [] : [name, value];
}
