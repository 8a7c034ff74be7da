using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>A link appeared, changed or went. A hint to look again, not a record of all that happened.</summary>
/// <param name="Index">Which; none when the kernel lost messages, and any link may have changed.</param>
/// <param name="Name">Its name; empty when messages were lost.</param>
/// <param name="IsGone">It was deleted.</param>
/// <param name="IsOwn">One of ours by its name: a pod's link or the VXLAN device.</param>
public sealed record LinkChange(IfIndex Index, string Name, bool IsGone, bool IsOwn)
{
    /// <summary>Messages were lost: everything must be read again.</summary>
    public static LinkChange Lost { get; } = new(IfIndex.None, string.Empty, IsGone: false, IsOwn: false);
}
