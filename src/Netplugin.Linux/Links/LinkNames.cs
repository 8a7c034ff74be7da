using System.Globalization;

namespace Netplugin.Linux.Links;

/// <summary>How the links of this node's pods are named and recognised after a restart.</summary>
public static class LinkNames
{
    /// <summary>Prefix of every device of ours; the firewall matches on it.</summary>
    public const string Prefix = "np";

    /// <summary>The node's VXLAN device.</summary>
    public const string Vxlan = "np-vxlan";

    /// <summary>First word of a pod link's alias.</summary>
    public const string AliasPrefix = "netplugin ";

    /// <summary>Link group of links that wait to be deleted: "np" in ASCII, which no other software is known to use.</summary>
    public const uint RetiredGroup = 0x6e70;

    /// <summary>First attachment number that does not fit the name: 11 hex digits, so that the name keeps to <c>IFNAMSIZ</c> - 1 = 15 bytes.</summary>
    public const ulong AttachmentLimit = 1UL << 44;

    /// <summary>The host side's name: <c>np</c> and 11 hex digits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below <see cref="AttachmentLimit"/>.</exception>
    public static string ForAttachment(ulong number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, AttachmentLimit);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:x11}");
    }

    /// <summary>The attachment's number, from a name made by <see cref="ForAttachment"/>.</summary>
    public static bool TryParse(string name, out ulong number)
    {
        ArgumentNullException.ThrowIfNull(name);
        number = 0;
        return name.Length == Prefix.Length + 11 && name.StartsWith(Prefix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            && ForAttachment(number) == name;
    }
}
