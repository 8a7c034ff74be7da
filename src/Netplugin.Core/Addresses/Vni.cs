using System.Globalization;

namespace Netplugin.Core.Addresses;

/// <summary>A VXLAN network identifier (RFC 7348): 24 bits, 1 to <see cref="MaxValue"/>; 0 means "none".</summary>
/// <param name="Value">The identifier, host order.</param>
public readonly record struct Vni(uint Value) : IComparable<Vni>
{
    /// <summary>The largest identifier, 2^24 - 1.</summary>
    public const uint MaxValue = 16_777_215;

    /// <summary>True for 1 to <see cref="MaxValue"/>.</summary>
    public bool IsValid => Value is > 0 and <= MaxValue;

    /// <inheritdoc/>
    public int CompareTo(Vni other) => Value.CompareTo(other.Value);

    /// <summary>Decimal text.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Order by value.</summary>
    public static bool operator <(Vni left, Vni right) => left.Value < right.Value;

    /// <summary>Order by value.</summary>
    public static bool operator >(Vni left, Vni right) => left.Value > right.Value;

    /// <summary>Order by value.</summary>
    public static bool operator <=(Vni left, Vni right) => left.Value <= right.Value;

    /// <summary>Order by value.</summary>
    public static bool operator >=(Vni left, Vni right) => left.Value >= right.Value;
}
