using Netplugin.Core.Planning;

namespace Netplugin.Store;

/// <summary>How a post ended.</summary>
/// <param name="Result">The plan that was committed, or why there was none.</param>
/// <param name="Revision">The store's revision of the post; null when the plan was refused and nothing was written.</param>
public sealed record PostOutcome(PlanResult Result, long? Revision);
