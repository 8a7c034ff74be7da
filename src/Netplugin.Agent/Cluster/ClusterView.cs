using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Cluster;

/// <summary>
/// What this node has read of the shared state, as one immutable value. A part that is null was not listed yet: nothing may be
/// concluded from what it does not hold.
/// </summary>
/// <param name="Post">Number of the last committed post; what carries a higher one is not there yet.</param>
/// <param name="Hosts">Hosts by name.</param>
/// <param name="Nodes">Nodes by host label.</param>
/// <param name="Networks">Networks by id.</param>
/// <param name="Homes">Endpoints homed on this node, with the sandbox the operator named (empty when none).</param>
/// <param name="Endpoints">Endpoints of the followed networks that were listed, by container name.</param>
internal sealed record ClusterView(
    long? Post,
    ImmutableDictionary<string, HostRecord>? Hosts,
    ImmutableDictionary<string, NodeRecord>? Nodes,
    ImmutableDictionary<NetworkId, NetworkRecord>? Networks,
    ImmutableDictionary<EndpointId, string>? Homes,
    ImmutableDictionary<NetworkId, PackedDictionary<string, EndpointView>> Endpoints)
{
    /// <summary>Nothing was listed yet.</summary>
    public static ClusterView Unknown { get; } =
        new(null, null, null, null, null, ImmutableDictionary<NetworkId, PackedDictionary<string, EndpointView>>.Empty);

    /// <summary>How new the parts are.</summary>
    public ViewRevisions Revisions { get; init; } = ViewRevisions.None;

    /// <summary>Endpoint groups by tenant and name.</summary>
    public ImmutableDictionary<TenantedName, GroupRecord>? Groups { get; init; }

    /// <summary>The intent's policies by tenant and name.</summary>
    public ImmutableDictionary<TenantedName, PolicyRecord>? Policies { get; init; }

    /// <summary>Why records of groups cannot be read. One that could be read before is as it was in <see cref="Groups"/>.</summary>
    public ImmutableDictionary<TenantedName, string> UnreadableGroups { get; init; } = ImmutableDictionary<TenantedName, string>.Empty;

    /// <summary>The same of policies.</summary>
    public ImmutableDictionary<TenantedName, string> UnreadablePolicies { get; init; } = ImmutableDictionary<TenantedName, string>.Empty;

    /// <summary>True when everything but the networks' endpoints was listed.</summary>
    public bool IsListed => Post is not null && Hosts is not null && Nodes is not null && Networks is not null && Homes is not null;

    /// <summary>
    /// True when what policies ask is that of whole posts. Networks' endpoints are followed by themselves, so of a post that takes some away or gives them other groups either may be heard of first.
    /// </summary>
    public bool HasWholePosts => Revisions.Intent >= Revisions.Moved && Post >= Revisions.ListedPost
        && Revisions.MovedIn.All(moved => !Revisions.Endpoints.TryGetValue(moved.Key, out var heard) || heard >= moved.Value);

    /// <summary>The network, unless it is missing or belongs to a post that is still being staged.</summary>
    public NetworkRecord? Network(NetworkId id) =>
        Networks is not null && Networks.TryGetValue(id, out var network) && network.Post <= Post ? network : null;

    /// <summary>The endpoint, unless it is missing, its network is, or its post is still being staged.</summary>
    public EndpointView? Endpoint(EndpointId id) =>
        Network(id.Network) is not null && Endpoints.TryGetValue(id.Network, out var endpoints)
        && endpoints.TryGetValue(id.Container, out var endpoint) && endpoint.Post <= Post ? endpoint : null;

    /// <summary>Where a host's tunnel ends: the intent's word, else what the node registered; unspecified when neither is known.</summary>
    public IpAddr VtepOf(string host)
    {
        if (Hosts is not null && Hosts.TryGetValue(host, out var record) && !record.Vtep.IsUnspecified)
        {
            return record.Vtep;
        }

        return Nodes is not null && Nodes.TryGetValue(host, out var node) ? node.Vtep : IpAddr.Unspecified;
    }

    /// <summary>Every other node whose tunnel end is known, with the tunnel end that counts.</summary>
    public IEnumerable<NodeRecord> NodesBut(string me) => (Nodes?.Values ?? [])
        .Where(node => node.Host != me)
        .Select(node => node with { Vtep = VtepOf(node.Host) })
        .Where(node => !node.Vtep.IsUnspecified);

    /// <summary>Every tunnel end of the cluster but this node's own.</summary>
    public ImmutableHashSet<IpAddr> VtepsBut(string me)
    {
        var vteps = ImmutableHashSet.CreateBuilder<IpAddr>();
        foreach (var host in (Hosts?.Keys ?? []).Concat(Nodes?.Keys ?? []))
        {
            if (host != me && VtepOf(host) is { IsUnspecified: false } vtep)
            {
                vteps.Add(vtep);
            }
        }

        return vteps.ToImmutable();
    }

    /// <summary>
    /// Largest IP packet in bytes that fits every node's underlay inside VXLAN over IPv4 (or over IPv6 as soon as one tunnel end is IPv6).
    /// </summary>
    /// <param name="ownUnderlayMtu">This node's underlay MTU in bytes, which may not be registered yet.</param>
    public int OverlayMtu(int ownUnderlayMtu)
    {
        var mtu = ownUnderlayMtu;
        var overhead = VxlanOverV4;
        foreach (var (host, node) in Nodes ?? ImmutableDictionary<string, NodeRecord>.Empty)
        {
            // A node that registered a senseless MTU must not take everybody's network away.
            mtu = node.UnderlayMtu >= MinimumUnderlayMtu ? Math.Min(mtu, node.UnderlayMtu) : mtu;
            overhead = VtepOf(host) is { IsUnspecified: false, IsV4: false } ? VxlanOverV6 : overhead;
        }

        return mtu - overhead;
    }

    /// <summary>Bytes that VXLAN adds inside the underlay's MTU: IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14 (RFC 7348).</summary>
    public const int VxlanOverV4 = 50;

    /// <summary>The same with an outer IPv6 header of 40 bytes.</summary>
    public const int VxlanOverV6 = 70;

    // Every IPv6 link carries 1280 bytes (RFC 8200 section 5), so nothing smaller is a real underlay.
    private const int MinimumUnderlayMtu = 1280;
}

/// <summary>
/// How new parts of a <see cref="ClusterView"/> are, each of which is followed by itself and may be behind the others: the store's revision of what was heard
/// last. 0: nothing was heard.
/// </summary>
/// <param name="Intent">Of what posts say, but for endpoints.</param>
/// <param name="Endpoints">Of the endpoints of each listed network.</param>
internal sealed record ViewRevisions(long Intent, ImmutableDictionary<NetworkId, long> Endpoints)
{
    /// <summary>Nothing was heard.</summary>
    public static ViewRevisions None { get; } = new(0, ImmutableDictionary<NetworkId, long>.Empty);

    /// <summary>Of the last post that the endpoints tell of, for some are gone or have other groups.</summary>
    public long Moved { get; init; }

    /// <summary>Of the last post that did so in a network, as the posts tell.</summary>
    public ImmutableDictionary<NetworkId, long> MovedIn { get; init; } = ImmutableDictionary<NetworkId, long>.Empty;

    /// <summary>The number of a post, and no revision: no list of endpoints that was heard is newer than it.</summary>
    public long ListedPost { get; init; }
}
