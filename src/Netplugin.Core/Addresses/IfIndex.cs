using System.Globalization;

namespace Netplugin.Core.Addresses;

/// <summary>A network device's index in the node's namespace (host order); 0 means "none". Never meaningful in another namespace.</summary>
/// <param name="Value">The kernel's <c>ifindex</c>.</param>
public readonly record struct IfIndex(int Value)
{
    /// <summary>No device.</summary>
    public static IfIndex None => default;

    /// <summary>Decimal text.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
