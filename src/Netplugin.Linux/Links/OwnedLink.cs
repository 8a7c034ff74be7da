using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>A pod link of ours, found on the node.</summary>
/// <param name="Index">The host side's index.</param>
/// <param name="Name">The host side's name.</param>
/// <param name="Attachment">The attachment's number, from the name.</param>
/// <param name="Alias">Whose it is.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="IsUp">Administratively up.</param>
/// <param name="IsRetired">Waits to be deleted.</param>
/// <param name="IngressProgram">Kernel id of the program that sees what the pod sends; 0 when none is attached.</param>
/// <param name="EgressProgram">Kernel id of the program that sees what the node sends to the pod; 0 when none is attached.</param>
public sealed record OwnedLink(
    IfIndex Index,
    string Name,
    ulong Attachment,
    string Alias,
    int Mtu,
    bool IsUp,
    bool IsRetired,
    uint IngressProgram,
    uint EgressProgram)
{
    /// <summary>True when both programs are attached.</summary>
    public bool HasFilters => IngressProgram != 0 && EgressProgram != 0;

    internal static bool IsOwned(LinkState link) => IsOwned(link, out _);

    internal static bool IsOwned(LinkState link, out ulong attachment) => LinkNames.TryParse(link.Name, out attachment)
        && link.Kind == "veth"
        && (link.Alias.StartsWith(LinkNames.AliasPrefix, StringComparison.Ordinal) || link.Group == LinkNames.RetiredGroup);
}
