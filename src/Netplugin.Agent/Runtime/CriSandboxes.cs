using System.Collections.Immutable;
using Netplugin.Runtime;

namespace Netplugin.Agent.Runtime;

/// <summary>The sandboxes of a real container runtime, over CRI.</summary>
/// <param name="client">The client, which becomes this one's to close.</param>
internal sealed class CriSandboxes(RuntimeClient client) : ISandboxes, IDisposable
{
    /// <inheritdoc/>
    public bool IsConfigured => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<SandboxInfo>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await client.ListSandboxesAsync(cancellationToken);
            return [.. all.OrderBy(s => s.CreatedAt).Select(s => new SandboxInfo(s.Id, s.Name, s.Namespace, s.State == SandboxState.Ready))];
        }
        catch (RuntimeException e)
        {
            throw new RuntimeUnavailableException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetNetworkNamespaceAsync(sandbox, cancellationToken);
        }
        catch (RuntimeException e)
        {
            throw new RuntimeUnavailableException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
