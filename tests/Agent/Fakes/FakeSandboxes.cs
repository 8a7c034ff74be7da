using System.Collections.Immutable;
using Netplugin.Agent.Runtime;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A runtime in memory.</summary>
internal sealed class FakeSandboxes : ISandboxes
{
    private int _asked;

    public bool IsConfigured { get; set; } = true;

    public bool IsAway { get; set; }

    public ImmutableArray<SandboxInfo> All { get; set; } = [];

    /// <summary>What its next answers wait for, with the list of when it was asked.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public async Task<ImmutableArray<SandboxInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var all = IsAway ? throw new RuntimeUnavailableException("made to fail") : All;
        Interlocked.Increment(ref _asked);
        await Answering.WaitAsync(cancellationToken);
        return all;
    }

    public Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken) =>
        Task.FromResult(All.Any(s => s.Id == sandbox && s.IsReady) ? "/run/netns/" + sandbox : null);
}
