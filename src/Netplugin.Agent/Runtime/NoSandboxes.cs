using System.Collections.Immutable;

namespace Netplugin.Agent.Runtime;

/// <summary>No container runtime is configured: nothing is known of sandboxes.</summary>
internal sealed class NoSandboxes : ISandboxes
{
    /// <inheritdoc/>
    public bool IsConfigured => false;

    /// <inheritdoc/>
    public Task<ImmutableArray<SandboxInfo>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(ImmutableArray<SandboxInfo>.Empty);

    /// <inheritdoc/>
    public Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
}
