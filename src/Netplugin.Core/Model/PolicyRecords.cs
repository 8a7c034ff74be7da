using Netplugin.Core.Collections;
using Netplugin.Core.Policies;

namespace Netplugin.Core.Model;

/// <summary>Names an endpoint group or a policy: something whose name is unique within its tenant.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Name">The name.</param>
public readonly record struct TenantedName(string Tenant, string Name) : IComparable<TenantedName>
{
    /// <inheritdoc/>
    public int CompareTo(TenantedName other) =>
        string.CompareOrdinal(Tenant, other.Tenant) is not 0 and var byTenant ? byTenant : string.CompareOrdinal(Name, other.Name);

    /// <summary><c>tenant/name</c>.</summary>
    public override string ToString() => $"{Tenant}/{Name}";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(TenantedName left, TenantedName right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(TenantedName left, TenantedName right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(TenantedName left, TenantedName right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(TenantedName left, TenantedName right) => left.CompareTo(right) >= 0;
}

/// <summary>An endpoint group as posted. Who is in it, the endpoints say.</summary>
/// <param name="Id">Its network and name.</param>
/// <param name="Policies">The names of the tenant's policies that are for it, in the intent's order.</param>
/// <param name="Post">Number of the post that made it.</param>
public sealed record GroupRecord(GroupId Id, ValueArray<string> Policies, long Post)
{
    /// <summary>Its name within the tenant.</summary>
    public TenantedName Name => new(Id.Network.Tenant, Id.Group);
}

/// <summary>A policy as posted. For whom it is, the groups say.</summary>
/// <param name="Name">Its tenant and name.</param>
/// <param name="Rules">Its rules in the intent's order.</param>
/// <param name="Post">Number of the post that made it.</param>
public sealed record PolicyRecord(TenantedName Name, ValueArray<IntentRule> Rules, long Post);
