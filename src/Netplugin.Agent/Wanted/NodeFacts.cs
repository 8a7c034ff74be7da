using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Wanted;

/// <summary>What the node knows of itself without the store.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Vtep">Its own tunnel address, unless the intent overrides it.</param>
/// <param name="UnderlayMtu">MTU in bytes of the device that holds the tunnel address.</param>
internal sealed record NodeFacts(string Host, IpAddr Vtep, int UnderlayMtu)
{
    /// <summary>Its address of the other family than the tunnel address, by which pods and other nodes know it too; unspecified: none.</summary>
    public IpAddr SecondAddress { get; init; }

    /// <summary>The blocks that the default network's pods of this node get an address each from; none: the node serves no such pods.</summary>
    public PerFamily<AddressBlock> Blocks { get; init; }

    /// <summary>Whether those pods' packets leave the cluster by the node's address.</summary>
    public bool Masquerades { get; init; }
}
