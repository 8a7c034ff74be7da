using Netplugin.Core.Addresses;

namespace Netplugin.Core.Policies.Maps;

/// <summary>The addresses of a network that are to have identities.</summary>
internal sealed class PlaneEntries
{
    /// <summary>The network's number in the maps; null: it has none, and the maps have none of these.</summary>
    public uint? Number { get; set; }

    /// <summary>The identities.</summary>
    public Dictionary<IpAddr, uint> Identities { get; } = [];
}
