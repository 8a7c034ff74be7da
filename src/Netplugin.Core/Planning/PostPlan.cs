using System.Collections.Immutable;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>A post worked out whole: what to write, and the state after it.</summary>
/// <param name="After">The state once every change is made; its post number is one higher, or the same when there are no changes.</param>
/// <param name="Changes">
/// What to write, each record once, in a fixed order: writes first, parents before children (host, tenant, network, endpoint,
/// container, home), then removals, children first.
/// </param>
/// <param name="Warnings">What an operator should know although it is no error, with its place in the file.</param>
public sealed record PostPlan(ClusterState After, ImmutableArray<StateChange> Changes, ImmutableArray<IntentProblem> Warnings);
