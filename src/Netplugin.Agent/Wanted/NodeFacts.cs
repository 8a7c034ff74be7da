using Netplugin.Core.Addresses;

namespace Netplugin.Agent.Wanted;

/// <summary>What the node knows of itself without the store.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Vtep">Its own tunnel address, unless the intent overrides it.</param>
/// <param name="UnderlayMtu">MTU in bytes of the device that holds the tunnel address.</param>
internal sealed record NodeFacts(string Host, IpAddr Vtep, int UnderlayMtu);
