using System.Collections.Immutable;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Core.Resources;

/// <summary>What the custom resources of a cluster make of its records, and what is then to be said of each.</summary>
/// <param name="Post">The post; it never fails as a whole.</param>
/// <param name="Tenants">Of each Tenant resource by name.</param>
/// <param name="Networks">Of each Network resource by name.</param>
/// <param name="Awaited">Networks that are removed when their endpoints are gone.</param>
/// <param name="Problems">What an operator should know and no resource can say: of records whose resource is gone.</param>
public sealed record ResourcePlan(
    PlanResult Post, ImmutableSortedDictionary<string, ResourceVerdict> Tenants, ImmutableSortedDictionary<string, ResourceVerdict> Networks,
    ImmutableArray<NetworkId> Awaited, ImmutableArray<string> Problems);

/// <summary>What is to be done about a resource once the post is committed.</summary>
public enum ResourceStep
{
    /// <summary>It is to get the finalizer: nothing is posted that could be left behind.</summary>
    Hold,

    /// <summary>It is to be told its status.</summary>
    Tell,

    /// <summary>It may go: the finalizer is to be taken from it.</summary>
    Release,
}

/// <summary>What is to be done about a resource.</summary>
/// <param name="Step">What.</param>
/// <param name="Status">Its status; null unless it is to be told.</param>
public sealed record ResourceVerdict(ResourceStep Step, ResourceStatus? Status);
