using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Cluster;

/// <summary>
/// What a node keeps of an endpoint it follows. Smaller than the record, since there may be 100,000: host names are shared, the sandbox
/// is kept for this node's own bindings only, and a table holds it without an object of its own.
/// </summary>
/// <param name="Address">Its address.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Home">The host the operator homed it on; empty while late.</param>
/// <param name="AttachUuid">The sandbox the operator named; empty when none.</param>
/// <param name="BoundHost">The host it runs on; empty when it runs nowhere.</param>
/// <param name="BoundSandbox">The sandbox it is bound to, when the host is this one; else empty.</param>
/// <param name="BoundInterface">The interface it is bound to, when the host is this one; else empty.</param>
/// <param name="ClusterAddresses">The cluster addresses that it has where it runs.</param>
/// <param name="Group">Its endpoint group, posted or by a pod's label; empty: it is in none.</param>
/// <param name="Namespace">Of an endpoint that a node made for a pod of Kubernetes: the pod's namespace, with which the container's name begins. Else empty.</param>
/// <param name="Post">Number of the post that made it.</param>
/// <param name="Revision">Revision of the record.</param>
internal readonly record struct EndpointView(
    IpAddr Address, MacAddress Mac, string Home, string AttachUuid, string BoundHost, string BoundSandbox, string BoundInterface,
    ValueArray<IpAddr> ClusterAddresses, string Group, string Namespace, long Post, long Revision)
{
    /// <summary>Keeps what a node named <paramref name="me"/> needs of a record.</summary>
    public static EndpointView From(EndpointRecord record, long revision, string me) => new(
        record.Address, record.Mac, string.Intern(record.Host), record.AttachUuid,
        record.Binding is { } binding ? string.Intern(binding.Host) : "",
        record.Binding is { } mine && mine.Host == me ? mine.Sandbox : "",
        record.Binding is { } here && here.Host == me ? here.Interface : "",
        [.. record.Binding?.ClusterAddresses ?? []],
        string.Intern(record.Group), string.Intern(record.Pod?.Namespace ?? ""), record.Post, revision);
}
