using System.Collections.Immutable;
using Netplugin.Agent.Runtime;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A runtime in memory.</summary>
internal sealed class FakeSandboxes : ISandboxes
{
    public bool IsConfigured { get; set; } = true;

    public bool IsAway { get; set; }

    public ImmutableArray<SandboxInfo> All { get; set; } = [];

    public Task<ImmutableArray<SandboxInfo>> ListAsync(CancellationToken cancellationToken) =>
        IsAway ? throw new RuntimeUnavailableException("made to fail") : Task.FromResult(All);

    public Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken) =>
        Task.FromResult(All.Any(s => s.Id == sandbox && s.IsReady) ? "/run/netns/" + sandbox : null);
}
