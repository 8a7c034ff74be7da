using Netplugin.Core.Services;

namespace KubectlNetplugin.Reading;

/// <summary>Reads from the API server, as the user that the command line names.</summary>
internal interface IApiServer
{
    /// <summary>Reads what is at a path.</summary>
    /// <param name="path">The path behind the server's address, with its query.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="Netdcli.CliException">The server did not answer, or refused; the message says why.</exception>
    Task<T> ReadAsync<T>(string path, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken);

    /// <summary>Runs a program in a container.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What it printed and how it ended; of a call that the server refused, the refusal, as if the program had ended so.</returns>
    Task<ExecResult> ExecAsync(NamespacedName pod, string container, IReadOnlyList<string> command, CancellationToken cancellationToken);

    /// <summary>The namespace that counts where the command line names none: the context's.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<string> NamespaceAsync(CancellationToken cancellationToken);
}

/// <summary>How a program in a container ended.</summary>
/// <param name="Exit">Its exit code.</param>
/// <param name="Out">What it wrote on standard output.</param>
/// <param name="Error">What it wrote on standard error.</param>
internal sealed record ExecResult(int Exit, string Out, string Error);

/// <summary>Which cluster, and as whom; null = as kubectl decides.</summary>
/// <param name="Kubeconfig">The kubeconfig's path.</param>
/// <param name="Context">The context in it.</param>
internal readonly record struct ClusterSelection(string? Kubeconfig, string? Context);
