using Netplugin.Core.Addresses;

namespace Netplugin.Agent.Kernel;

/// <summary>What the node's own network looks like.</summary>
internal interface IUnderlay
{
    /// <summary>The address of this node that leads to <paramref name="peer"/>; unspecified when there is no route.</summary>
    IpAddr SourceTowards(IpAddr peer);

    /// <summary>The address of the device with the default route; unspecified when there is none.</summary>
    IpAddr DefaultSource();

    /// <summary>The address of the other family on the device that holds an address; unspecified when there is none.</summary>
    IpAddr OtherFamilyOf(IpAddr address);

    /// <summary>MTU in bytes of the device that holds an address; 0 when no device does.</summary>
    int MtuOf(IpAddr address);
}
