using System.Collections.Immutable;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Views;

/// <summary>What <c>status</c> shows.</summary>
/// <param name="Store">The store, as seen from here.</param>
/// <param name="Daemon">This host's daemon; null when none answers.</param>
/// <param name="DaemonProblem">Why none answers; empty when one does.</param>
/// <param name="Nodes">All nodes the store knows; empty when it cannot be reached.</param>
internal sealed record StatusReport(StoreStatus Store, DaemonStatus? Daemon, string DaemonProblem, ImmutableArray<NodeItem> Nodes)
{
    /// <summary>True when every node is alive and has nothing to report.</summary>
    public bool AllWell => Store.Reachable && Nodes.All(n => n is { Alive: true, Problems.Length: 0 });
}

/// <summary>The store as seen from here.</summary>
/// <param name="Name">Which one.</param>
/// <param name="Local">True when it was asked through this host's netplugin.</param>
/// <param name="Reachable">True when it answered.</param>
/// <param name="Problem">Why it did not; empty when it did.</param>
/// <param name="Post">Number of the last post.</param>
/// <param name="ClusterId">Its identity; empty before the first post.</param>
/// <param name="Generation">How often a reset was accepted.</param>
/// <param name="Networks">Networks posted.</param>
/// <param name="Endpoints">Endpoints posted.</param>
/// <param name="Bound">Endpoints that run somewhere.</param>
internal sealed record StoreStatus(
    string Name, bool Local, bool Reachable, string Problem, long Post, string ClusterId, long Generation, int Networks, int Endpoints, int Bound);
