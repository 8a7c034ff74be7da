using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Model;

/// <summary>
/// A pod that has a network by Kubernetes labels, its own or its namespace's, or by its annotation: no intent names it there, and its node made its endpoint when it
/// started.
/// </summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Group">Its label <c>io.contiv.net-group</c>; empty when it has none.</param>
public sealed record LabelledPod(string Namespace, string Name, string Group)
{
    /// <summary>
    /// What its endpoint has for a container name, <c>namespace.name</c>. A namespace has no dot in its name, so no two pods share it.
    /// </summary>
    public string Container => $"{Namespace}.{Name}";

    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>
/// The blocks of a network's subnet that nodes have leased, to give their addresses to pods that have the network by labels or annotation. No post gives an address of
/// one. Written by whoever leases or gives back; removed with the network.
/// </summary>
/// <param name="Network">The network.</param>
/// <param name="Leases">Every lease, lowest block first; no two overlap.</param>
public sealed record LeasesRecord(NetworkId Network, ImmutableArray<AddressLease> Leases)
{
    /// <summary>No lease.</summary>
    public static LeasesRecord None(NetworkId network) => new(network, []);

    /// <summary>The blocks of a node, lowest first.</summary>
    public ImmutableArray<IpPrefix> Of(string host) => [.. Leases.Where(lease => lease.Host == host).Select(lease => lease.Block)];

    /// <summary>With one more lease, in its place.</summary>
    public LeasesRecord With(AddressLease lease) => this with { Leases = [.. Leases.Add(lease).OrderBy(each => each.Block.First)] };

    /// <summary>Equal in network and leases.</summary>
    public bool Equals(LeasesRecord? other) =>
        other is not null && Network == other.Network && Leases.AsSpan().SequenceEqual(other.Leases.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Network, Leases.Length);
}

/// <summary>A block of a network's subnet that a node has leased.</summary>
/// <param name="Host">The node's host label.</param>
/// <param name="Block">The block; no host bits.</param>
public readonly record struct AddressLease(string Host, IpPrefix Block);

/// <summary>Written with every lease: who loaded the state before it, to post, loads again. The leases themselves are in the <see cref="LeasesRecord"/>s.</summary>
/// <param name="Network">The network of which a block was leased last.</param>
/// <param name="Host">The node that leased it.</param>
public sealed record LastLeaseRecord(NetworkId Network, string Host);
