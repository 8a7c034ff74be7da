using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Where a packet may have an address: a network's plane, or, as <see cref="NetworkId.ClusterDefault"/>, the cluster plane.</summary>
/// <param name="Plane">The plane.</param>
/// <param name="Address">The address.</param>
public readonly record struct PlaneAddress(NetworkId Plane, IpAddr Address);

/// <summary>The numbers of the tables that are asked about an endpoint's connections. Table 0 allows everything, and needs no entry.</summary>
/// <param name="Ingress">For connections to it.</param>
/// <param name="Egress">For connections that it makes.</param>
/// <param name="SelfIngress">The same for those that lead it back to itself through a Service; no other way to itself is asked about.</param>
/// <param name="SelfEgress">The same.</param>
public readonly record struct SubjectTables(uint Ingress, uint Egress, uint SelfIngress, uint SelfEgress)
{
    /// <summary>The table that allows everything, and has no entries.</summary>
    public const uint OpenTable = 0;

    /// <summary>A table that never has an entry, so that it denies everything and names no reason.</summary>
    public const uint ClosedTable = uint.MaxValue;

    /// <summary>Denies everything: the endpoints that are not there.</summary>
    public static SubjectTables Closed => new(ClosedTable, ClosedTable, ClosedTable, ClosedTable);
}

/// <summary>What an entry says before a generation, and from it on.</summary>
/// <typeparam name="T">What it says.</typeparam>
/// <param name="Before">Before.</param>
/// <param name="After">From then on.</param>
/// <param name="Since">The generation.</param>
public readonly record struct Staged<T>(T Before, T After, ulong Since)
    where T : struct
{
    /// <summary>What it says in a generation.</summary>
    public T At(ulong generation) => generation >= Since ? After : Before;
}

/// <summary>A write to the maps that policies are enforced by. Each is one entry's, but for programs, which nobody asks while they are written or removed.</summary>
public abstract record PolicyChange
{
    private PolicyChange()
    {
    }

    /// <summary>From now on a number names a reason.</summary>
    public sealed record ReasonIs(uint Number, PolicyReason Reason) : PolicyChange;

    /// <summary>There is a program.</summary>
    public sealed record ProgramIs(uint Number, ValueArray<PortEntry> Entries) : PolicyChange;

    /// <summary>A table says something of an identity. Of identity 0, and of all of which it has no entry, it says the same.</summary>
    public sealed record VerdictIs(uint Table, uint Identity, Verdict Verdict) : PolicyChange;

    /// <summary>An address has an identity.</summary>
    public sealed record AddressIs(PlaneAddress Address, Staged<uint> Identity) : PolicyChange;

    /// <summary>The addresses of the cluster plane that are not known by themselves, and have no longer prefix, have an identity.</summary>
    public sealed record BlockIs(IpPrefix Block, Staged<uint> Identity) : PolicyChange;

    /// <summary>An endpoint of this node has tables.</summary>
    public sealed record SubjectIs(EndpointId Endpoint, Staged<SubjectTables> Tables) : PolicyChange;

    /// <summary>The generation is another: the swap.</summary>
    public sealed record GenerationIs(ulong Generation) : PolicyChange;

    /// <summary>An address is not known by itself any more.</summary>
    public sealed record AddressGone(PlaneAddress Address) : PolicyChange;

    /// <summary>A block has no identity of its own any more.</summary>
    public sealed record BlockGone(IpPrefix Block) : PolicyChange;

    /// <summary>An endpoint is not there any more, or not on this node.</summary>
    public sealed record SubjectGone(EndpointId Endpoint) : PolicyChange;

    /// <summary>A table has no entry for an identity any more.</summary>
    public sealed record VerdictGone(uint Table, uint Identity) : PolicyChange;

    /// <summary>A program is not there any more.</summary>
    public sealed record ProgramGone(uint Number, ValueArray<PortEntry> Entries) : PolicyChange;

    /// <summary>A number names nothing any more, and never will again.</summary>
    public sealed record ReasonGone(uint Number) : PolicyChange;
}
