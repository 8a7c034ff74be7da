using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Runtime.Protocol;

namespace Netplugin.Runtime;

/// <summary>Starts, enters and removes pods as a kubelet does, one container each, for the demo, tests and benchmarks.</summary>
/// <param name="client">Leads to the runtime; stays the caller's to dispose.</param>
public sealed class PodStarter(RuntimeClient client)
{
    // What a kubelet allows a runtime for making and ending sandboxes.
    private static readonly TimeSpan SandboxLimit = TimeSpan.FromMinutes(2);

    /// <summary>Starts a pod and waits until its container runs. What was made is removed again when a later step fails.</summary>
    /// <exception cref="RuntimeException">The runtime, or the network plugin it called, refused; or the container ended at once.</exception>
    public async Task<Pod> StartAsync(PodSpec spec, CancellationToken cancellationToken = default)
    {
        var sandbox = await StartSandboxAsync(spec, cancellationToken);
        try
        {
            return sandbox with { ContainerId = await StartContainerAsync(sandbox, spec, cancellationToken) };
        }
        catch
        {
            await RemoveAsync(sandbox.SandboxId, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Starts only the sandbox: the pod's network exists when this returns.</summary>
    /// <exception cref="RuntimeException">The runtime, or the network plugin it called, refused.</exception>
    public async Task<Pod> StartSandboxAsync(PodSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var request = new RunPodSandboxRequest { Config = ToConfig(spec) };
        var answer = await client.AskAsync(
            $"start of pod {spec.Name}", SandboxLimit, options => client.Runtime.RunPodSandboxAsync(request, options), cancellationToken);
        return new(answer.PodSandboxId, "", spec.Name, spec.Namespace);
    }

    /// <summary>The running pod of a name; null when there is none.</summary>
    /// <param name="name">The pod's name.</param>
    /// <param name="kubernetesNamespace">Its namespace; any when null.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="RuntimeException">The runtime could not be asked.</exception>
    public async Task<Pod?> FindAsync(string name, string? kubernetesNamespace = null, CancellationToken cancellationToken = default)
    {
        var found = (await client.ListSandboxesAsync(cancellationToken)).FirstOrDefault(sandbox =>
            sandbox.State == SandboxState.Ready && sandbox.Name == name && (kubernetesNamespace is null || sandbox.Namespace == kubernetesNamespace));
        if (found is null)
        {
            return null;
        }

        var request = new ListContainersRequest { Filter = new() { PodSandboxId = found.Id } };
        var answer = await client.AskAsync("list of containers", options => client.Runtime.ListContainersAsync(request, options), cancellationToken);
        var running = answer.Containers.FirstOrDefault(c => c.State == ContainerState.ContainerRunning) ?? answer.Containers.FirstOrDefault();
        return new(found.Id, running?.Id ?? "", found.Name, found.Namespace);
    }

    /// <summary>Runs a command in a container and waits for its end.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="timeout">How long the command may take, whole seconds; 30 s when not given.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="RuntimeException">The runtime refused, or the command took too long (the runtime then killed it).</exception>
    public async Task<ExecResult> ExecAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var limit = timeout ?? TimeSpan.FromSeconds(30);
        var request = new ExecSyncRequest { ContainerId = containerId, Timeout = (long)Math.Ceiling(limit.TotalSeconds), Cmd = { command } };
        var answer = await client.AskAsync(
            $"command in container {containerId}", limit + TimeSpan.FromSeconds(5), options => client.Runtime.ExecSyncAsync(request, options), cancellationToken);
        return new(answer.ExitCode, answer.Stdout.ToStringUtf8(), answer.Stderr.ToStringUtf8());
    }

    /// <summary>Stops a pod: its containers end and its network is torn down; the runtime still lists it. May repeat.</summary>
    /// <exception cref="RuntimeException">The runtime, or the network plugin it called, refused.</exception>
    public Task StopAsync(string sandboxId, CancellationToken cancellationToken = default) => client.AskAsync(
        $"stop of sandbox {sandboxId}",
        SandboxLimit,
        options => client.Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandboxId }, options),
        cancellationToken);

    /// <summary>Stops and removes a pod with its containers. May repeat.</summary>
    /// <exception cref="RuntimeException">The runtime, or the network plugin it called, refused.</exception>
    public async Task RemoveAsync(string sandboxId, CancellationToken cancellationToken = default)
    {
        try
        {
            await StopAsync(sandboxId, cancellationToken);
            await client.AskAsync(
                $"removal of sandbox {sandboxId}",
                SandboxLimit,
                options => client.Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandboxId }, options),
                cancellationToken);
        }
        catch (RuntimeException e) when (e.Kind == RuntimeFailure.NotFound)
        {
            // It is gone, which is what was asked for.
            return;
        }
    }

    /// <summary>The names of the images the runtime has.</summary>
    /// <exception cref="RuntimeException">The runtime could not be asked.</exception>
    public async Task<ImmutableArray<string>> ListImagesAsync(CancellationToken cancellationToken = default)
    {
        var answer = await client.AskAsync("list of images", options => client.Images.ListImagesAsync(new ListImagesRequest(), options), cancellationToken);
        return [.. answer.Images.SelectMany(image => image.RepoTags).Order(StringComparer.Ordinal)];
    }

    private async Task<string> StartContainerAsync(Pod sandbox, PodSpec spec, CancellationToken cancellationToken)
    {
        var create = new CreateContainerRequest
        {
            PodSandboxId = sandbox.SandboxId,
            Config = ToContainerConfig(spec),
            SandboxConfig = ToConfig(spec),
        };
        var created = await client.AskAsync(
            $"container of pod {spec.Name}", SandboxLimit, options => client.Runtime.CreateContainerAsync(create, options), cancellationToken);
        var start = new StartContainerRequest { ContainerId = created.ContainerId };
        await client.AskAsync(
            $"start of pod {spec.Name}'s container", SandboxLimit, options => client.Runtime.StartContainerAsync(start, options), cancellationToken);

        var question = new ContainerStatusRequest { ContainerId = created.ContainerId };
        var answer = await client.AskAsync(
            $"status of pod {spec.Name}'s container", options => client.Runtime.ContainerStatusAsync(question, options), cancellationToken);
        return answer.Status.State == ContainerState.ContainerRunning
            ? created.ContainerId
            : throw new RuntimeException(
                RuntimeFailure.Failed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the container of pod {spec.Name} ended at once with exit code {answer.Status.ExitCode}: {answer.Status.Reason} {answer.Status.Message}"));
    }

    private static PodSandboxConfig ToConfig(PodSpec spec)
    {
        var config = new PodSandboxConfig
        {
            Metadata = new() { Name = spec.Name, Namespace = spec.Namespace, Uid = spec.Uid },
            Hostname = spec.HostNetwork ? "" : spec.Name,
            LogDirectory = spec.LogFolder,
            Annotations = { spec.Annotations },
            Linux = new()
            {
                CgroupParent = spec.CgroupParent,
                SecurityContext = new() { NamespaceOptions = ToNamespaces(spec), Seccomp = Unconfined(), Privileged = spec.Privileged },
            },
        };

        // The labels a kubelet sets on every sandbox; what a spec says wins.
        config.Labels["io.kubernetes.pod.name"] = spec.Name;
        config.Labels["io.kubernetes.pod.namespace"] = spec.Namespace;
        config.Labels["io.kubernetes.pod.uid"] = spec.Uid;
        foreach (var (key, value) in spec.Labels)
        {
            config.Labels[key] = value;
        }

        return config;
    }

    private static ContainerConfig ToContainerConfig(PodSpec spec) => new()
    {
        Metadata = new() { Name = spec.Name },
        Image = new() { Image = spec.Image },
        Command = { spec.Command },
        Args = { spec.Arguments },
        LogPath = spec.LogFolder.Length > 0 ? spec.Name + ".log" : "",
        Linux = new()
        {
            SecurityContext = new()
            {
                Capabilities = new() { AddCapabilities = { spec.Capabilities } },
                Privileged = spec.Privileged,
                NamespaceOptions = ToNamespaces(spec),
                Seccomp = Unconfined(),
            },
        },
    };

    private static NamespaceOption ToNamespaces(PodSpec spec) => new()
    {
        Network = spec.HostNetwork ? NamespaceMode.Node : NamespaceMode.Pod,
        Pid = NamespaceMode.Container,
    };

    private static SecurityProfile Unconfined() => new() { ProfileType = SecurityProfile.Types.ProfileType.Unconfined };
}
