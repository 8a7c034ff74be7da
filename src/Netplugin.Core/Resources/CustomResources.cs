using System.Collections.Immutable;

namespace Netplugin.Core.Resources;

/// <summary>What every custom resource has.</summary>
/// <param name="Name">Its name, unique in the cluster among those of its kind.</param>
/// <param name="Uid">Its uid: another one of its name that comes later has another.</param>
/// <param name="Version">Its resource version, which says that nobody changed it meanwhile.</param>
/// <param name="Generation">Counts changes of its spec.</param>
/// <param name="Created">When it was made, to the second.</param>
/// <param name="IsDeleting">True: somebody deleted it, and it goes when its finalizers are gone.</param>
/// <param name="Finalizers">What holds it until then.</param>
public sealed record ResourceMetadata(
    string Name, string Uid, string Version, long Generation, DateTimeOffset Created, bool IsDeleting, ImmutableArray<string> Finalizers)
{
    /// <summary>The finalizer that keeps a resource until what it posted is removed.</summary>
    public const string Finalizer = "netplugin.io/posted";

    /// <summary>True: it cannot go before what it posted.</summary>
    public bool IsHeld => Finalizers.Contains(Finalizer);
}

/// <summary>A custom resource of Kubernetes that posts intent.</summary>
/// <param name="Metadata">What every resource has.</param>
/// <param name="Status">What was said of it last; null: nothing yet.</param>
/// <param name="Since">Since when it is ready, or not; null: nothing was said yet.</param>
public abstract record CustomResource(ResourceMetadata Metadata, ResourceStatus? Status, DateTimeOffset? Since);

/// <summary>A <c>Tenant</c> resource: an intent's tenant of the resource's name.</summary>
/// <param name="Metadata">What every resource has.</param>
/// <param name="Spec">What it posts.</param>
/// <param name="Status">What was said of it last; null: nothing yet.</param>
/// <param name="Since">Since when it is ready, or not; null: nothing was said yet.</param>
public sealed record TenantResource(ResourceMetadata Metadata, TenantSpec Spec, ResourceStatus? Status, DateTimeOffset? Since)
    : CustomResource(Metadata, Status, Since);

/// <summary>What a <c>Tenant</c> resource says, as typed; a null member was not given. They mean what an intent's fields mean.</summary>
/// <param name="DefaultNetType">An intent's <c>DefaultNetType</c>.</param>
/// <param name="SubnetPool">An intent's <c>SubnetPool</c>.</param>
/// <param name="AllocSubnetLen">An intent's <c>AllocSubnetLen</c>.</param>
/// <param name="Vlans">An intent's <c>VLANs</c>.</param>
/// <param name="Vxlans">An intent's <c>VXLANs</c>.</param>
public sealed record TenantSpec(string? DefaultNetType, string? SubnetPool, int? AllocSubnetLen, string? Vlans, string? Vxlans);

/// <summary>A <c>Network</c> resource: an intent's network.</summary>
/// <param name="Metadata">What every resource has.</param>
/// <param name="Spec">What it posts.</param>
/// <param name="Status">What was said of it last; null: nothing yet.</param>
/// <param name="Since">Since when it is ready, or not; null: nothing was said yet.</param>
public sealed record NetworkResource(ResourceMetadata Metadata, NetworkSpec Spec, ResourceStatus? Status, DateTimeOffset? Since)
    : CustomResource(Metadata, Status, Since);

/// <summary>What a <c>Network</c> resource says, as typed; a null member was not given. They mean what an intent's fields mean.</summary>
/// <param name="Tenant">The tenant it is of; empty when it was not given.</param>
/// <param name="Name">Its name in the tenant; null: the resource's.</param>
/// <param name="Type">An intent's <c>PktTagType</c>.</param>
/// <param name="Tag">An intent's <c>PktTag</c>.</param>
/// <param name="Subnet">An intent's <c>SubnetCIDR</c>.</param>
/// <param name="Gateway">An intent's <c>DefaultGw</c>.</param>
public sealed record NetworkSpec(string Tenant, string? Name, string? Type, long? Tag, string? Subnet, string? Gateway);

/// <summary>What is said of a custom resource: its condition <c>Ready</c>, and of a network what it got.</summary>
/// <param name="ObservedGeneration">The generation of the spec that this is about.</param>
/// <param name="IsReady">True: what it says is posted.</param>
/// <param name="Reason">One of <see cref="ResourceReasons"/>.</param>
/// <param name="Message">A sentence for whoever wrote the resource, without a full stop.</param>
public sealed record ResourceStatus(long ObservedGeneration, bool IsReady, string Reason, string Message)
{
    /// <summary>A VXLAN network's VNI; null: it has none.</summary>
    public uint? Vni { get; init; }

    /// <summary>A VLAN network's id; null: it has none.</summary>
    public uint? Vlan { get; init; }

    /// <summary>The network's subnet; null: it has none yet.</summary>
    public string? Subnet { get; init; }

    /// <summary>The network's gateway; null: it has none.</summary>
    public string? Gateway { get; init; }
}

/// <summary>Why a resource is ready or not.</summary>
public static class ResourceReasons
{
    /// <summary>It is posted as it says.</summary>
    public const string Posted = "Posted";

    /// <summary>A field of it cannot be read.</summary>
    public const string Invalid = "Invalid";

    /// <summary>Somebody else posted the tenant or network that it names, and was first.</summary>
    public const string Conflict = "Conflict";

    /// <summary>The tenant that it names was not posted, or is about to be removed.</summary>
    public const string TenantMissing = "TenantMissing";

    /// <summary>What it asks for cannot be had, or cannot change: the message is the planner's.</summary>
    public const string Refused = "Refused";

    /// <summary>It was deleted, and what it posted is still used.</summary>
    public const string InUse = "InUse";

    /// <summary>The store does not answer; it is posted when that is back.</summary>
    public const string StoreUnavailable = "StoreUnavailable";
}
