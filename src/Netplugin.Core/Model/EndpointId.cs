namespace Netplugin.Core.Model;

/// <summary>Names a network: names are unique within their tenant only.</summary>
/// <param name="Tenant">The tenant's name.</param>
/// <param name="Network">The network's name within the tenant.</param>
public readonly record struct NetworkId(string Tenant, string Network) : IComparable<NetworkId>
{
    /// <summary>The tenant that owns networks when an operator names none (<c>netdcli -tenant</c>'s default).</summary>
    public const string DefaultTenant = "default";

    /// <summary>The default network of a Kubernetes cluster, which no intent can name: a posted name begins with a letter or digit.</summary>
    public static NetworkId ClusterDefault => new("_", "default");

    /// <inheritdoc/>
    public int CompareTo(NetworkId other)
    {
        var byTenant = string.CompareOrdinal(Tenant, other.Tenant);
        return byTenant != 0 ? byTenant : string.CompareOrdinal(Network, other.Network);
    }

    /// <summary><c>tenant/network</c>.</summary>
    public override string ToString() => $"{Tenant}/{Network}";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(NetworkId left, NetworkId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(NetworkId left, NetworkId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(NetworkId left, NetworkId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(NetworkId left, NetworkId right) => left.CompareTo(right) >= 0;
}

/// <summary>Names an endpoint: one container's place in one network.</summary>
/// <param name="Network">The network.</param>
/// <param name="Container">The container (pod) name the intent gave.</param>
public readonly record struct EndpointId(NetworkId Network, string Container) : IComparable<EndpointId>
{
    /// <summary>The original's name for it, <c>network-container</c>; an alias that holds while unambiguous.</summary>
    public string Alias => $"{Network.Network}-{Container}";

    /// <inheritdoc/>
    public int CompareTo(EndpointId other)
    {
        var byNetwork = Network.CompareTo(other.Network);
        return byNetwork != 0 ? byNetwork : string.CompareOrdinal(Container, other.Container);
    }

    /// <summary><c>tenant/network/container</c>.</summary>
    public override string ToString() => $"{Network}/{Container}";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(EndpointId left, EndpointId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(EndpointId left, EndpointId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(EndpointId left, EndpointId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(EndpointId left, EndpointId right) => left.CompareTo(right) >= 0;
}
