using System.Collections.Immutable;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Services;

/// <summary>What turns the frontends a node has into those it should have.</summary>
public static class FrontendDiff
{
    /// <summary>
    /// The changes: writes, then removals, each by key. Equal tables give no changes; the cost grows with the number of frontends, and with the
    /// number of backends only where a frontend is another object than the one observed.
    /// </summary>
    /// <param name="wanted">What the node should have.</param>
    /// <param name="observed">What it has.</param>
    public static ImmutableArray<FrontendChange> Compute(
        PackedDictionary<FrontendKey, Frontend> wanted, PackedDictionary<FrontendKey, Frontend> observed)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(observed);
        if (ReferenceEquals(wanted, observed))
        {
            return [];
        }

        var changes = ImmutableArray.CreateBuilder<FrontendChange>();
        foreach (var (key, frontend) in wanted)
        {
            if (!observed.TryGetValue(key, out var there) || !frontend.Equals(there))
            {
                changes.Add(new FrontendChange.SetFrontend(key, frontend));
            }
        }

        changes.AddRange(observed.Keys.Where(key => !wanted.ContainsKey(key)).Select(key => new FrontendChange.RemoveFrontend(key)));
        return changes.ToImmutable();
    }
}
