using System.Globalization;
using Netplugin.Core.Model;

namespace Netplugin.Store;

/// <summary>
/// Every key of the shared state, in one place. Names from an intent are escaped so that a <c>/</c> in one cannot reach
/// another subtree; the escaped form keeps letters, digits, <c>-</c>, <c>.</c> and <c>_</c> readable.
/// </summary>
public static class StoreKeys
{
    /// <summary>Everything of ours.</summary>
    public const string Root = "/netplugin/v1/";

    /// <summary>The <see cref="ClusterRecord"/>.</summary>
    public const string Cluster = Root + "cluster";

    /// <summary>Subtree of what posts say and every node follows, in one: what a transaction writes here is heard of at once.</summary>
    public const string Intent = Root + "intent/";

    /// <summary>The <see cref="PostRecord"/>. Who takes endpoints away that posts made, or changes their groups or addresses, writes it in the same transaction.</summary>
    public const string Post = Intent + "post";

    /// <summary>Held with a lease while a post is under way; every staging transaction compares its creation.</summary>
    public const string PostLock = Root + "post-lock";

    /// <summary>Subtree of what a post too large for one transaction still has to change once it is committed, in numbered parts.</summary>
    public const string PostTail = Root + "post-tail/";

    /// <summary>Subtree of <see cref="HostRecord"/>, written by posts.</summary>
    public const string Hosts = Intent + "hosts/";

    /// <summary>Subtree of <see cref="NodeRecord"/>, written by each node; outlives the daemon.</summary>
    public const string Nodes = Root + "nodes/";

    /// <summary>Subtree of node status with the daemon's lease: a node missing here has no running daemon.</summary>
    public const string Alive = Root + "alive/";

    /// <summary>The <see cref="BlocksRecord"/>: whoever leases a block compares that no other node's blocks changed meanwhile.</summary>
    public const string Blocks = Root + "blocks";

    /// <summary>Subtree of <see cref="TenantRecord"/>.</summary>
    public const string Tenants = Root + "tenants/";

    /// <summary>Subtree of <see cref="NetworkRecord"/>, a folder a tenant.</summary>
    public const string Networks = Intent + "networks/";

    /// <summary>Subtree of <see cref="GroupRecord"/>, a folder a tenant.</summary>
    public const string Groups = Intent + "groups/";

    /// <summary>Subtree of <see cref="PolicyRecord"/>, a folder a tenant.</summary>
    public const string Policies = Intent + "policies/";

    /// <summary>Subtree of <see cref="EndpointRecord"/>, a folder a network.</summary>
    public const string Endpoints = Root + "endpoints/";

    /// <summary>Subtree of <see cref="LeasesRecord"/>, a folder a tenant: blocks of networks that nodes have leased for pods with labels.</summary>
    public const string AllLeases = Root + "leases/";

    /// <summary>The <see cref="LastLeaseRecord"/>: whoever posts compares that no node leased a block meanwhile.</summary>
    public const string LastLease = Root + "lease";

    /// <summary>Subtree of <see cref="ContainerRecord"/>, the index by container name.</summary>
    public const string Containers = Root + "containers/";

    /// <summary>Subtree, a folder a host, of endpoints an operator homed there; the value is the attach UUID.</summary>
    public const string Homes = Root + "homes/";

    /// <summary>Held with a lease by the node that posts the cluster's Tenant and Network resources; the value is its host label.</summary>
    public const string ResourcesPoster = Root + "resources-poster";

    /// <summary>Key of a part of a post's tail; keys sort in the order the parts are applied.</summary>
    public static string PostTailPart(long post, int part) => string.Create(CultureInfo.InvariantCulture, $"{PostTail}{post:d19}/{part:d6}");

    /// <summary>Key of a host.</summary>
    public static string Host(string name) => Hosts + Escape(name);

    /// <summary>Key of a node.</summary>
    public static string Node(string host) => Nodes + Escape(host);

    /// <summary>Key of a node's status.</summary>
    public static string NodeAlive(string host) => Alive + Escape(host);

    /// <summary>Key of a tenant.</summary>
    public static string Tenant(string name) => Tenants + Escape(name);

    /// <summary>Key of a network.</summary>
    public static string Network(NetworkId id) => $"{Networks}{Escape(id.Tenant)}/{Escape(id.Network)}";

    /// <summary>Key of an endpoint group.</summary>
    public static string Group(TenantedName name) => $"{Groups}{Escape(name.Tenant)}/{Escape(name.Name)}";

    /// <summary>Key of a policy.</summary>
    public static string Policy(TenantedName name) => $"{Policies}{Escape(name.Tenant)}/{Escape(name.Name)}";

    /// <summary>Key of what nodes have leased of a network.</summary>
    public static string Leases(NetworkId id) => $"{AllLeases}{Escape(id.Tenant)}/{Escape(id.Network)}";

    /// <summary>Subtree of a network's endpoints.</summary>
    public static string EndpointsOf(NetworkId id) => $"{Endpoints}{Escape(id.Tenant)}/{Escape(id.Network)}/";

    /// <summary>Key of an endpoint.</summary>
    public static string Endpoint(EndpointId id) => EndpointsOf(id.Network) + Escape(id.Container);

    /// <summary>Key of a container name's index entry.</summary>
    public static string Container(string name) => Containers + Escape(name);

    /// <summary>Subtree of what is homed on a host.</summary>
    public static string HomesOf(string host) => $"{Homes}{Escape(host)}/";

    /// <summary>Key of one homed endpoint.</summary>
    public static string Home(string host, EndpointId id) =>
        $"{HomesOf(host)}{Escape(id.Network.Tenant)}/{Escape(id.Network.Network)}/{Escape(id.Container)}";

    /// <summary>Escapes a name into one key segment (RFC 3986 percent-encoding).</summary>
    public static string Escape(string name) => Uri.EscapeDataString(name);

    /// <summary>Undoes <see cref="Escape"/>.</summary>
    public static string Unescape(string segment) => Uri.UnescapeDataString(segment);
}
