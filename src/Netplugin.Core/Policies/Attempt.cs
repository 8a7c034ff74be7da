using Netplugin.Core.Addresses;

namespace Netplugin.Core.Policies;

/// <summary>
/// An attempt to connect: the first packet of a connection, between two ends of one address family. Answers, and ICMP errors about it, are of the connection and not asked about. It is one
/// that the planes let through: whether tenants' endpoints reach each other at all is decided before policies. To a Service it is the attempt at the endpoint that was chosen.
/// </summary>
/// <param name="From">Who makes it.</param>
/// <param name="To">Who is to get it.</param>
/// <param name="Protocol">IANA's number of the protocol.</param>
/// <param name="Port">The destination port; 0 for protocols without ports.</param>
public sealed record Attempt(AttemptEnd From, AttemptEnd To, byte Protocol, ushort Port)
{
    /// <summary>True: it was made to a Service. Only for a pod's attempts at itself does it make a difference.</summary>
    public bool ThroughService { get; init; }
}

/// <summary>An end of an attempt, with the address in the packet.</summary>
/// <param name="Address">The address.</param>
public abstract record AttemptEnd(IpAddr Address)
{
    /// <summary>An endpoint, by one of its addresses.</summary>
    /// <param name="Endpoint">The endpoint.</param>
    /// <param name="Address">The address.</param>
    public sealed record OfEndpoint(PolicyEndpoint Endpoint, IpAddr Address) : AttemptEnd(Address);

    /// <summary>A node, or a pod of its network.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="Address">The address.</param>
    public sealed record OfNode(PolicyNode Node, IpAddr Address) : AttemptEnd(Address);

    /// <summary>Neither.</summary>
    /// <param name="Address">The address.</param>
    public sealed record Outside(IpAddr Address) : AttemptEnd(Address);
}
