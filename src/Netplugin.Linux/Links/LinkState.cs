using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

/// <summary>A link as the kernel reports it.</summary>
internal sealed record LinkState
{
    internal IfIndex Index { get; init; }

    internal string Name { get; init; } = string.Empty;

    internal string Alias { get; init; } = string.Empty;

    internal string Kind { get; init; } = string.Empty;

    internal MacAddress Mac { get; init; }

    /// <summary>Bytes.</summary>
    internal int Mtu { get; init; }

    internal uint Flags { get; init; }

    /// <summary><c>ARPHRD_*</c>, <c>linux/if_arp.h</c>.</summary>
    internal ushort HardwareType { get; init; }

    internal uint Group { get; init; }

    /// <summary>A veth's other side, in its own namespace.</summary>
    internal IfIndex Peer { get; init; }

    /// <summary>This namespace's number for the one the other side is in; null when it is here or there is none.</summary>
    internal int? PeerNamespace { get; init; }

    internal bool CollectsMetadata { get; init; }

    /// <summary>UDP port of a VXLAN device.</summary>
    internal ushort VxlanPort { get; init; }

    internal bool IsUp => (Flags & K.FlagUp) != 0;

    internal static LinkState Parse(NetlinkMessage message)
    {
        var header = message.Read<LinkHeader>();
        // A veth whose other side has the same index leaves IFLA_LINK out, on kernels before 5.10.
        var state = new LinkState { Index = new(header.Index), Flags = header.Flags, HardwareType = header.Type, Peer = new(header.Index) };
        foreach (var attribute in message.AttributesAfter<LinkHeader>())
        {
            state = attribute.Type switch
            {
                K.Name => state with { Name = attribute.Text },
                K.Alias => state with { Alias = attribute.Text },
                K.Mtu => state with { Mtu = attribute.S32 },
                K.Group => state with { Group = attribute.U32 },
                K.Link => state with { Peer = new(attribute.S32) },
                K.LinkNamespaceId => state with { PeerNamespace = attribute.S32 },
                K.Address when attribute.Value.Length == MacAddress.Size => state with { Mac = MacAddress.FromBytes(attribute.Value) },
                K.Info => state.WithInfo(attribute.Nested),
                _ => state,
            };
        }

        return state;
    }

    private LinkState WithInfo(NetlinkAttributes info)
    {
        var state = this;
        if (info.TryFind(K.InfoKind, out var kind))
        {
            state = state with { Kind = kind.Text };
        }

        if (state.Kind == "vxlan" && info.TryFind(K.InfoData, out var data))
        {
            state = state with
            {
                CollectsMetadata = data.Nested.TryFind(K.VxlanCollectMetadata, out var collects) && collects.U8 != 0,
                VxlanPort = data.Nested.TryFind(K.VxlanPort, out var port) ? port.U16BigEndian : default,
            };
        }

        return state;
    }
}
