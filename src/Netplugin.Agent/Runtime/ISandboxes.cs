using System.Collections.Immutable;

namespace Netplugin.Agent.Runtime;

/// <summary>The container runtime's sandboxes, as the daemon needs them.</summary>
internal interface ISandboxes
{
    /// <summary>False when no runtime is configured: then nothing may be concluded from a sandbox that is not listed.</summary>
    bool IsConfigured { get; }

    /// <summary>Every sandbox the runtime knows.</summary>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    Task<ImmutableArray<SandboxInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Path of a sandbox's network namespace; null when the runtime does not know it.</summary>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken);
}

/// <summary>A sandbox.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="IsReady">True while it runs.</param>
internal sealed record SandboxInfo(string Id, string Name, string Namespace, bool IsReady);

/// <summary>The container runtime does not answer.</summary>
/// <param name="message">Why, for the operator.</param>
/// <param name="inner">The client's own exception.</param>
internal sealed class RuntimeUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
