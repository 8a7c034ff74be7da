namespace Netplugin.Runtime;

/// <summary>A pod that <see cref="PodStarter"/> started or found.</summary>
/// <param name="SandboxId">The sandbox's id.</param>
/// <param name="ContainerId">Its container's id; empty when it has none.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">Its Kubernetes namespace.</param>
public sealed record Pod(string SandboxId, string ContainerId, string Name, string Namespace);

/// <summary>How a command inside a pod ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Stdout">What it wrote, as UTF-8 text.</param>
/// <param name="Stderr">What it complained, as UTF-8 text.</param>
public sealed record ExecResult(int ExitCode, string Stdout, string Stderr);
