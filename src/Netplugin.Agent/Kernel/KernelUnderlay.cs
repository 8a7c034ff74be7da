using Netplugin.Core.Addresses;
using Netplugin.Linux;
using Netplugin.Linux.Links;

namespace Netplugin.Agent.Kernel;

/// <summary>The real underlay.</summary>
/// <param name="underlay">Reads it.</param>
internal sealed class KernelUnderlay(Underlay underlay) : IUnderlay
{
    /// <inheritdoc/>
    public IpAddr SourceTowards(IpAddr peer)
    {
        try
        {
            return underlay.RouteTo(peer).Source;
        }
        catch (KernelException)
        {
            // No route is an answer: the caller has another source to try.
            return IpAddr.Unspecified;
        }
    }

    /// <inheritdoc/>
    public IpAddr DefaultSource() => underlay.DefaultRouteAddress()?.Prefix.Address ?? IpAddr.Unspecified;

    /// <inheritdoc/>
    public IpAddr OtherFamilyOf(IpAddr address) => underlay.OtherFamilyOf(address);

    /// <inheritdoc/>
    public int MtuOf(IpAddr address) => underlay.Find(address)?.Mtu ?? 0;
}
