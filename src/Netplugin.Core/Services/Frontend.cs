using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Services;

/// <summary>What a pod sends to that is balanced.</summary>
/// <param name="Address">The destination; a family's unspecified address (<c>0.0.0.0</c>, <c>::</c>) stands for every address of every node.</param>
/// <param name="Port">The destination port, host order.</param>
/// <param name="Protocol">The protocol.</param>
public readonly record struct FrontendKey(IpAddr Address, ushort Port, TransportProtocol Protocol) : IComparable<FrontendKey>
{
    private static readonly IpAddr AnyV4 = IpAddr.FromV4(0);

    /// <summary>A port of every node.</summary>
    /// <param name="isV4">Of their addresses of which family.</param>
    /// <param name="port">The port.</param>
    /// <param name="protocol">The protocol.</param>
    public static FrontendKey OfEveryNode(bool isV4, ushort port, TransportProtocol protocol) => new(isV4 ? AnyV4 : IpAddr.Unspecified, port, protocol);

    /// <summary>Whether it is a port of every node.</summary>
    public bool IsOfEveryNode => Address.IsUnspecified || Address == AnyV4;

    /// <summary><c>10.96.0.10:80/TCP</c>, <c>[fd10::10]:80/TCP</c> or <c>node port 30080/TCP</c>.</summary>
    public override string ToString() =>
        $"{(IsOfEveryNode ? "node port " : Address.IsV4 ? $"{Address}:" : $"[{Address}]:")}{Port}/{Protocol.ToString().ToUpperInvariant()}";

    /// <summary>By address, then port, then protocol.</summary>
    public int CompareTo(FrontendKey other)
    {
        var order = Address.CompareTo(other.Address);
        order = order != 0 ? order : Port.CompareTo(other.Port);
        return order != 0 ? order : Protocol.CompareTo(other.Protocol);
    }

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(FrontendKey left, FrontendKey right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(FrontendKey left, FrontendKey right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(FrontendKey left, FrontendKey right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(FrontendKey left, FrontendKey right) => left.CompareTo(right) >= 0;
}

/// <summary>What becomes of a packet to a frontend. Two are equal when their backends are, in order.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Affinity">How long a client stays with its backend after it was last heard; zero: not at all.</param>
/// <param name="Backends">Where it may go, by address and port, each once; empty unless balanced. Frontends of one port share the array.</param>
public sealed record Frontend(FrontendAction Action, TimeSpan Affinity, ImmutableArray<Backend> Backends)
{
    /// <inheritdoc/>
    public bool Equals(Frontend? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Action == other.Action && Affinity == other.Affinity && Backends.AsSpan().SequenceEqual(other.Backends.AsSpan()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Action, Affinity, Backends.Length, Backends.IsEmpty ? default : Backends[0]);
}

/// <summary>What is done with a packet to a frontend.</summary>
public enum FrontendAction : byte
{
    /// <summary>The Service has no endpoint at all: it is refused (TCP reset, ICMP port unreachable), so that the client need not wait.</summary>
    Reject,

    /// <summary>The Service has endpoints, but none that its traffic policy allows here: it is dropped.</summary>
    Drop,

    /// <summary>It goes to one of the backends.</summary>
    Balance,
}

/// <summary>An endpoint's port.</summary>
/// <param name="Address">The endpoint's address.</param>
/// <param name="Port">The port there, host order.</param>
public readonly record struct Backend(IpAddr Address, ushort Port) : IComparable<Backend>
{
    /// <summary>By address, then port.</summary>
    public int CompareTo(Backend other) => Address.CompareTo(other.Address) is not 0 and var order ? order : Port.CompareTo(other.Port);

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(Backend left, Backend right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(Backend left, Backend right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(Backend left, Backend right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(Backend left, Backend right) => left.CompareTo(right) >= 0;
}
