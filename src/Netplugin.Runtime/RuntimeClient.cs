using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf.Collections;
using Grpc.Core;
using Grpc.Net.Client;
using Netplugin.Runtime.Protocol;

namespace Netplugin.Runtime;

/// <summary>
/// Asks a container runtime over its CRI socket (Kubernetes Container Runtime Interface, runtime.v1). Connects on first use
/// and again by itself after the runtime restarted. Safe for use by several callers at once.
/// </summary>
public sealed class RuntimeClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly TimeSpan _timeout;

    /// <summary>Makes a client; connects to nothing yet.</summary>
    /// <param name="endpoint"><c>unix:///run/containerd/containerd.sock</c>, or the path alone.</param>
    /// <param name="timeout">How long one question may take; 10 s when not given. Starting a pod has a limit of its own.</param>
    /// <exception cref="ArgumentException">Not an endpoint.</exception>
    public RuntimeClient(string endpoint, TimeSpan? timeout = null)
    {
        SocketPath = RuntimeEndpoint.SocketPath(endpoint);
        _timeout = timeout ?? TimeSpan.FromSeconds(10);
        _channel = RuntimeEndpoint.Open(SocketPath);
        Runtime = new(_channel);
        Images = new(_channel);
    }

    /// <summary>The runtime's socket.</summary>
    public string SocketPath { get; }

    internal RuntimeService.RuntimeServiceClient Runtime { get; }

    internal ImageService.ImageServiceClient Images { get; }

    /// <summary>The runtime's name and version, such as <c>containerd 1.6.20</c>.</summary>
    /// <exception cref="RuntimeException">It could not be asked.</exception>
    public async Task<string> GetVersionAsync(CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync("version", options => Runtime.VersionAsync(new VersionRequest(), options), cancellationToken);
        return $"{answer.RuntimeName} {answer.RuntimeVersion}";
    }

    /// <summary>What the runtime is not ready for (such as <c>NetworkReady: cni config uninitialized</c>); empty when it can start pods.</summary>
    /// <exception cref="RuntimeException">It could not be asked.</exception>
    public async Task<ImmutableArray<string>> GetProblemsAsync(CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync("status", options => Runtime.StatusAsync(new StatusRequest(), options), cancellationToken);
        return [.. answer.Status.Conditions.Where(c => !c.Status).Select(c => $"{c.Type}: {c.Reason} {c.Message}".TrimEnd())];
    }

    /// <summary>Every sandbox the runtime knows, those that stopped but were not removed yet too.</summary>
    /// <exception cref="RuntimeException">It could not be asked.</exception>
    public async Task<ImmutableArray<Sandbox>> ListSandboxesAsync(CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync("list of sandboxes", options => Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), options), cancellationToken);
        return [.. answer.Items.Select(item => ToSandbox(item.Id, item.Metadata, item.State, item.CreatedAt, item.Labels, item.Annotations))];
    }

    /// <summary>One sandbox; null when the runtime does not know it.</summary>
    /// <param name="sandboxId">Its whole id; a runtime may accept a unique beginning too.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="RuntimeException">It could not be asked.</exception>
    public async Task<Sandbox?> GetSandboxAsync(string sandboxId, CancellationToken cancellationToken = default) =>
        await GetStatusAsync(sandboxId, verbose: false, cancellationToken) is { Status: { } s }
            ? ToSandbox(s.Id, s.Metadata, s.State, s.CreatedAt, s.Labels, s.Annotations)
            : null;

    /// <summary>
    /// Path of a sandbox's network namespace, as this process can open it; null when the sandbox is unknown, stopped, or
    /// in the node's own network. The path is a name, not a hold: open it and verify before use.
    /// </summary>
    /// <exception cref="RuntimeException">It could not be asked, or told nothing of its namespaces.</exception>
    public async Task<string?> GetNetworkNamespaceAsync(string sandboxId, CancellationToken cancellationToken = default) =>
        (await GetSandboxInfoAsync(sandboxId, cancellationToken))?.Resolve(Path.Exists);

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    /// <summary>What the runtime tells of a running sandbox's namespaces; null when it does not know it or it does not run.</summary>
    internal async Task<SandboxInfo?> GetSandboxInfoAsync(string sandboxId, CancellationToken cancellationToken)
    {
        if (await GetStatusAsync(sandboxId, verbose: true, cancellationToken) is not { Status.State: PodSandboxState.SandboxReady } answer)
        {
            return null;
        }

        if (!answer.Info.TryGetValue("info", out var json))
        {
            throw new RuntimeException(RuntimeFailure.Failed, $"the runtime at {SocketPath} tells nothing of sandbox {sandboxId}'s namespaces");
        }

        try
        {
            return SandboxInfo.Parse(json);
        }
        catch (JsonException e)
        {
            throw new RuntimeException(
                RuntimeFailure.Failed, $"what the runtime at {SocketPath} tells of sandbox {sandboxId}'s namespaces cannot be read: {e.Message}", e);
        }
    }

    internal Task<TAnswer> AskAsync<TAnswer>(
        string what, Func<CallOptions, AsyncUnaryCall<TAnswer>> ask, CancellationToken cancellationToken) =>
        AskAsync(what, _timeout, ask, cancellationToken);

    internal async Task<TAnswer> AskAsync<TAnswer>(
        string what, TimeSpan timeout, Func<CallOptions, AsyncUnaryCall<TAnswer>> ask, CancellationToken cancellationToken)
    {
        try
        {
            using var call = ask(new CallOptions(deadline: DateTime.UtcNow + timeout, cancellationToken: cancellationToken));
            return await call.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (RpcException e)
        {
            throw new RuntimeException(
                e.StatusCode switch
                {
                    StatusCode.Unavailable or StatusCode.DeadlineExceeded => RuntimeFailure.Unreachable,
                    StatusCode.NotFound => RuntimeFailure.NotFound,
                    _ => RuntimeFailure.Failed,
                },
                e.StatusCode == StatusCode.DeadlineExceeded
                    ? $"the runtime at {SocketPath} did not answer ({what}) within {timeout.TotalSeconds:0.#} s"
                    : $"the runtime at {SocketPath} ({what}): {e.Status.Detail}",
                e);
        }
    }

    private async Task<PodSandboxStatusResponse?> GetStatusAsync(string sandboxId, bool verbose, CancellationToken cancellationToken)
    {
        try
        {
            var request = new PodSandboxStatusRequest { PodSandboxId = sandboxId, Verbose = verbose };
            return await AskAsync($"status of sandbox {sandboxId}", options => Runtime.PodSandboxStatusAsync(request, options), cancellationToken);
        }
        catch (RuntimeException e) when (e.Kind == RuntimeFailure.NotFound)
        {
            return null;
        }
    }

    private static Sandbox ToSandbox(
        string id, PodSandboxMetadata? metadata, PodSandboxState state, long createdAtNanoseconds,
        MapField<string, string> labels, MapField<string, string> annotations) => new(
            id, metadata?.Name ?? "", metadata?.Namespace ?? "", metadata?.Uid ?? "",
            state == PodSandboxState.SandboxReady ? SandboxState.Ready : SandboxState.NotReady,
            labels.ToImmutableDictionary(), annotations.ToImmutableDictionary(),
            DateTimeOffset.UnixEpoch.AddTicks(createdAtNanoseconds / 100));
}
