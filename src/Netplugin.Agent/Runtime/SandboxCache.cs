using System.Collections.Immutable;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Resolve;

namespace Netplugin.Agent.Runtime;

/// <summary>The runtime's sandboxes as last listed. Safe from any thread.</summary>
/// <param name="sandboxes">The runtime.</param>
/// <param name="problems">Told when the runtime does not answer.</param>
internal sealed class SandboxCache(ISandboxes sandboxes, ProblemBoard problems)
{
    private const string Topic = "runtime";
    private SandboxList? _last;

    /// <summary>The last list; null before the first, or when no runtime is configured.</summary>
    public SandboxList? Last => Volatile.Read(ref _last);

    /// <summary>True when nothing more is to be learnt before acting: the runtime answered once, or there is none.</summary>
    public bool IsListed => Last is not null || !sandboxes.IsConfigured;

    /// <summary>Lists again. When the runtime does not answer, the last list stays and the problem is put up.</summary>
    /// <returns>False when the runtime did not answer.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (!sandboxes.IsConfigured)
        {
            return true;
        }

        try
        {
            Volatile.Write(ref _last, new SandboxList(await sandboxes.ListAsync(cancellationToken)));
            problems.Set(Topic, null);
            return true;
        }
        catch (RuntimeUnavailableException e)
        {
            problems.Set(Topic, $"the container runtime does not answer, so sandboxes that ended are not noticed: {e.Message}");
            return false;
        }
    }

    /// <summary>Whether a sandbox runs, as far as is known.</summary>
    /// <param name="typed">Its id, or the beginning of it.</param>
    public bool Runs(string typed) => Last is { } list && list.Find(typed) is { IsReady: true };

    /// <summary>Path of a sandbox's network namespace; null when it cannot be found out.</summary>
    public async Task<string?> NetworkNamespaceAsync(string sandbox, CancellationToken cancellationToken)
    {
        if (!sandboxes.IsConfigured)
        {
            return null;
        }

        try
        {
            return await sandboxes.NetworkNamespaceAsync(sandbox, cancellationToken);
        }
        catch (RuntimeUnavailableException e)
        {
            problems.Set(Topic, $"the container runtime does not answer: {e.Message}");
            return null;
        }
    }
}

/// <summary>A list of sandboxes.</summary>
internal sealed class SandboxList(ImmutableArray<SandboxInfo> all)
{
    private readonly Dictionary<string, SandboxInfo> _byId = all.ToDictionary(s => s.Id, StringComparer.Ordinal);

    /// <summary>Every sandbox.</summary>
    public ImmutableArray<SandboxInfo> All { get; } = all;

    /// <summary>Every sandbox's id.</summary>
    public IReadOnlySet<string> Ids { get; } = all.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>The sandbox an operator's text names; null when there is none, or more than one.</summary>
    public SandboxInfo? Find(string typed)
    {
        if (_byId.TryGetValue(typed, out var exact))
        {
            return exact;
        }

        SandboxInfo[] found = [.. All.Where(s => EndpointResolver.Names(typed, s.Id)).Take(2)];
        return found.Length == 1 ? found[0] : null;
    }

    /// <summary>The newest running sandbox of a pod name; null when there is none.</summary>
    public SandboxInfo? FindRunning(string podName) => All.LastOrDefault(s => s.IsReady && s.Name == podName);
}
