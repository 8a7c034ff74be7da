using System.Collections.Immutable;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Wanted;

/// <summary>What the node's maps should hold of the cluster's Services.</summary>
/// <param name="Frontends">What is balanced for pods.</param>
/// <param name="Shared">The endpoints' ports that pods of every network may use.</param>
internal sealed record ServiceState(PackedDictionary<FrontendKey, Frontend> Frontends, ImmutableHashSet<FrontendKey> Shared);
