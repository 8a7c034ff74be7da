using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Store.Json;

/// <summary>
/// The stored form of every record of the model: UTF-8 JSON, camelCase, addresses as text. Reading skips fields it does not
/// know, but for those of policies; a value it cannot read is a <see cref="StoreException"/> with <see cref="StoreFailure.Unreadable"/> that names the key.
/// </summary>
public static partial class RecordCodec
{
    private static RecordJsonContext Json => RecordJsonContext.Default;

    /// <summary>Value of <see cref="StoreKeys.Host"/>.</summary>
    public static byte[] Encode(HostRecord host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Write(new HostDocument(host.Name, OrNull(host.Vtep), OrNull(host.Interface)), Json.HostDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Tenant"/>.</summary>
    public static byte[] Encode(TenantRecord tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return Write(
            new TenantDocument(
                tenant.Name, tenant.DefaultEncap, tenant.SubnetPool, tenant.AllocSubnetLength, OrNull(tenant.Vlans), OrNull(tenant.Vxlans),
                OrNull(tenant.Resource)),
            Json.TenantDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Network"/>.</summary>
    public static byte[] Encode(NetworkRecord network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Write(
            new NetworkDocument(
                network.Id.Tenant, network.Id.Network, network.Encap, network.Tag, network.Subnet, network.Post,
                network.SubnetFromPool, OrNull(network.Gateway), OrNull(network.Resource)),
            Json.NetworkDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Endpoint"/>.</summary>
    public static byte[] Encode(EndpointRecord endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var binding = endpoint.Binding;
        return Write(
            new EndpointDocument(
                endpoint.Id.Network.Tenant, endpoint.Id.Network.Network, endpoint.Id.Container, endpoint.Address, endpoint.Mac,
                endpoint.Post, OrNull(endpoint.Host), OrNull(endpoint.AttachUuid),
                binding is null ? null : new(binding.Host, binding.Sandbox, binding.Interface, OrNull<IpAddr>([.. binding.ClusterAddresses])),
                endpoint.Pod is { } pod ? new(pod.Namespace, pod.Name, OrNull(pod.Group)) : null,
                OrNull(endpoint.PostedGroup)),
            Json.EndpointDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Leases"/>.</summary>
    public static byte[] Encode(LeasesRecord leases)
    {
        ArgumentNullException.ThrowIfNull(leases);
        return Write(
            new LeasesDocument(leases.Network.Tenant, leases.Network.Network, [.. leases.Leases.Select(lease => new LeaseDocument(lease.Host, lease.Block))]),
            Json.LeasesDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.LastLease"/>.</summary>
    public static byte[] Encode(LastLeaseRecord lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return Write(new LastLeaseDocument(lease.Network.Tenant, lease.Network.Network, lease.Host), Json.LastLeaseDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Container"/>.</summary>
    public static byte[] Encode(ContainerRecord container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return Write(new ContainerDocument(container.Container, [.. container.Endpoints.Select(Reference)]), Json.ContainerDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Node"/>.</summary>
    public static byte[] Encode(NodeRecord node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var blocks = node.Blocks.IsEmpty ? null : node.Blocks.ToArray();
        return Write(
            new NodeDocument(
                node.Host, node.Vtep, node.UnderlayMtu, node.Version, blocks, node.SecondAddress.IsUnspecified ? null : node.SecondAddress),
            Json.NodeDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Blocks"/>.</summary>
    public static byte[] Encode(BlocksRecord blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return Write(new BlocksDocument(blocks.Host), Json.BlocksDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.NodeAlive"/>.</summary>
    public static byte[] Encode(NodeStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return Write(
            new NodeStatusDocument(
                status.Host, status.Version, status.Since, status.State, status.OverlayMtu, status.Networks, status.Endpoints,
                status.Pods, status.LastReconcile, OrNull(status.Problems)),
            Json.NodeStatusDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Post"/>.</summary>
    public static byte[] Encode(PostRecord post)
    {
        ArgumentNullException.ThrowIfNull(post);
        return Write(new PostDocument(post.Number, post.Moved.IsEmpty ? null : [.. post.Moved.Select(Reference)]), Json.PostDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Cluster"/>.</summary>
    public static byte[] Encode(ClusterRecord cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return Write(new ClusterDocument(cluster.ClusterId, cluster.Generation, cluster.Schema), Json.ClusterDocument);
    }

    /// <summary>Reads what <see cref="Encode(HostRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static HostRecord DecodeHost(StoreEntry entry)
    {
        var read = Read(entry, Json.HostDocument);
        return new(read.Name, read.Vtep ?? default, read.Interface ?? "");
    }

    /// <summary>Reads what <see cref="Encode(TenantRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static TenantRecord DecodeTenant(StoreEntry entry)
    {
        var read = Read(entry, Json.TenantDocument);
        return new(read.Name, read.DefaultEncap, read.SubnetPool, read.AllocSubnetLength, ToArray(read.Vlans), ToArray(read.Vxlans))
        {
            Resource = read.Resource ?? "",
        };
    }

    /// <summary>Reads what <see cref="Encode(NetworkRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static NetworkRecord DecodeNetwork(StoreEntry entry)
    {
        var read = Read(entry, Json.NetworkDocument);
        return new(
            new(read.Tenant, read.Network), read.Encap, read.Tag, read.Subnet, read.SubnetFromPool, read.Gateway ?? default, read.Post)
        {
            Resource = read.Resource ?? "",
        };
    }

    /// <summary>Reads what <see cref="Encode(EndpointRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static EndpointRecord DecodeEndpoint(StoreEntry entry)
    {
        var read = Read(entry, Json.EndpointDocument);
        var binding = read.Binding is { } bound
            ? new EndpointBinding(bound.Host, bound.Sandbox, bound.Interface) { ClusterAddresses = [.. (bound.ClusterAddresses ?? []).DistinctBy(address => address.IsV4)] }
            : null;
        return new(
            new(new(read.Tenant, read.Network), read.Container), read.Address, read.Mac, read.Host ?? "", read.AttachUuid ?? "",
            binding, read.Post)
        {
            Pod = read.Pod is { } pod ? new(pod.Namespace, pod.Name, pod.Group ?? "") : null,
            PostedGroup = read.Group ?? "",
        };
    }

    /// <summary>Reads what <see cref="Encode(LeasesRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static LeasesRecord DecodeLeases(StoreEntry entry)
    {
        var read = Read(entry, Json.LeasesDocument);
        var leases = read.Leases.Select(lease => new AddressLease(lease.Host, lease.Block.Masked)).OrderBy(lease => lease.Block.First);
        return new(new(read.Tenant, read.Network), [.. leases]);
    }

    /// <summary>Reads what <see cref="Encode(ContainerRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static ContainerRecord DecodeContainer(StoreEntry entry)
    {
        var read = Read(entry, Json.ContainerDocument);
        return new(read.Container, [.. read.Networks.Select(Network)]);
    }

    /// <summary>Reads what <see cref="Encode(NodeRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static NodeRecord DecodeNode(StoreEntry entry)
    {
        var read = Read(entry, Json.NodeDocument);
        return new(read.Host, read.Vtep, read.UnderlayMtu, read.Version)
        {
            SecondAddress = read.SecondAddress ?? default,
            Blocks = [.. (read.Blocks ?? []).Select(block => block.Masked)],
        };
    }

    /// <summary>Reads what <see cref="Encode(NodeStatus)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static NodeStatus DecodeNodeStatus(StoreEntry entry)
    {
        var read = Read(entry, Json.NodeStatusDocument);
        return new(
            read.Host, read.Version, read.Since, read.State, read.OverlayMtu, read.Networks, read.Endpoints, read.Pods,
            read.LastReconcile, ToArray(read.Problems));
    }

    /// <summary>Reads what <see cref="Encode(PostRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static PostRecord DecodePost(StoreEntry entry)
    {
        var read = Read(entry, Json.PostDocument);
        return new(read.Number) { Moved = [.. (read.Moved ?? []).Select(Network)] };
    }

    /// <summary>
    /// Reads what <see cref="Encode(ClusterRecord)"/> wrote. A newer schema is returned as it is: whether to go on is the
    /// caller's to say (<see cref="ClusterRecord.CurrentSchema"/>).
    /// </summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static ClusterRecord DecodeCluster(StoreEntry entry)
    {
        var read = Read(entry, Json.ClusterDocument);
        return new(read.ClusterId, read.Generation, read.Schema);
    }

    internal static byte[] Encode(PostTailDocument tail) => Write(tail, Json.PostTailDocument);

    internal static PostTailDocument DecodePostTail(StoreEntry entry) => Read(entry, Json.PostTailDocument);

    private static byte[] Write<T>(T document, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(document, type);

    private static T Read<T>(StoreEntry entry, JsonTypeInfo<T> type)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            return JsonSerializer.Deserialize(entry.Value.Span, type) ?? throw new JsonException("the value is null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new StoreException(
                "read",
                StoreFailure.Unreadable,
                $"the value of {entry.Key} (revision {entry.ModRevision}) cannot be read: {e.Message} "
                    + "Nothing can be posted meanwhile: mend it with etcdctl, or remove the key and post the intent again, or restore a backup.",
                e);
        }
    }

    private static NetworkRef Reference(NetworkId network) => new(network.Tenant, network.Network);

    private static NetworkId Network(NetworkRef network) => new(network.Tenant, network.Network);

    // Absent values are left out of the stored form.
    private static IpAddr? OrNull(IpAddr address) => address.IsUnspecified ? null : address;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static T[]? OrNull<T>(ImmutableArray<T> items) => items.IsDefaultOrEmpty ? null : [.. items];

    private static ImmutableArray<T> ToArray<T>(T[]? items) => items is null ? [] : [.. items];
}
