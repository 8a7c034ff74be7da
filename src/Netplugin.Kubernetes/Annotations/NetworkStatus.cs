using System.Text.Json;
using System.Text.Json.Serialization;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Annotations;

/// <summary>
/// One interface of a pod, as the annotation <see cref="Key"/> shows it: the network status of the Network Plumbing Working Group's de-facto standard, and
/// four keys of netplugin's, which other readers pass over.
/// </summary>
/// <param name="Name">The network: <c>tenant/network</c>, or <see cref="DefaultNetwork"/>.</param>
/// <param name="Interface">The interface's name in the pod.</param>
/// <param name="Ips">Its addresses in that network, without prefix lengths.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Mtu">Its MTU in bytes; 0 = not said.</param>
/// <param name="Default">True: the pod's default route leads by it.</param>
/// <param name="Dns">What the network says of name servers: nothing.</param>
/// <param name="Vni">The network's VNI in the tunnels between nodes, 0 for the default network; null: not netplugin's interface.</param>
/// <param name="Subnets">The network's subnet, or the node's blocks of the default network: one for each of the addresses; null = not said.</param>
/// <param name="ClusterIps">Of a tenant's pod its cluster addresses, without prefix lengths; null: it has none, or is in the default network, whose addresses are such.</param>
/// <param name="Group">The group within the network that labels put the pod into; null: none.</param>
public sealed record NetworkStatus(
    string Name,
    string? Interface = null,
    IReadOnlyList<string>? Ips = null,
    string? Mac = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Mtu = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Default = false,
    NetworkDns? Dns = null,
    [property: JsonPropertyName("netplugin.io/vni")] uint? Vni = null,
    [property: JsonPropertyName("netplugin.io/subnets")] IReadOnlyList<string>? Subnets = null,
    [property: JsonPropertyName("netplugin.io/cluster-ips")] IReadOnlyList<string>? ClusterIps = null,
    [property: JsonPropertyName("netplugin.io/group")] string? Group = null)
{
    /// <summary>The annotation's key.</summary>
    public const string Key = "k8s.v1.cni.cncf.io/network-status";

    /// <summary>The name of the network of pods that no intent names. A tenant's network has a slash in its name.</summary>
    public const string DefaultNetwork = "default";

    /// <summary>The annotation's value.</summary>
    public static string Write(IEnumerable<NetworkStatus> interfaces) =>
        JsonSerializer.Serialize([.. interfaces], ObjectJsonContext.Default.NetworkStatusArray);

    /// <summary>Reads the annotation's value; nothing when it is missing or somebody wrote what it is not.</summary>
    public static IReadOnlyList<NetworkStatus> Read(string? value)
    {
        try
        {
            return value is null ? [] : [.. (JsonSerializer.Deserialize(value, ObjectJsonContext.Default.NetworkStatusArray) ?? []).Where(one => one?.Name is not null)];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

/// <summary>What a network says of name servers, which netplugin leaves to Kubernetes: an object without members.</summary>
public sealed record NetworkDns;
