using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Cluster;

/// <summary>What of the view changed: how much has to be looked at again.</summary>
/// <param name="Everything">True: compare all. False: only <paramref name="Endpoints"/>.</param>
/// <param name="Endpoints">Endpoints that changed, with what was known of them before (null: nothing).</param>
/// <param name="Resolve">True when local pods may lead to other endpoints now (a post, a home).</param>
internal sealed record ClusterChange(bool Everything, ImmutableArray<EndpointChange> Endpoints, bool Resolve);

/// <summary>One endpoint's change.</summary>
/// <param name="Id">The endpoint.</param>
/// <param name="Before">What was known of it before; null when nothing was.</param>
internal readonly record struct EndpointChange(EndpointId Id, EndpointView? Before);
