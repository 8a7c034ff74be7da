using Netplugin.NodeApi.Client;
using Netplugin.Store;

namespace Netdcli.Access;

/// <summary>Opens what a <see cref="StoreChoice"/> names. The seam at which tests put their own store.</summary>
internal interface IStoreOpener
{
    /// <summary>Opens the store; a server that does not answer shows on first use.</summary>
    /// <exception cref="StoreException">The choice cannot be opened: a bad URL, an unreadable certificate.</exception>
    IStateStore OpenStore(StoreChoice choice);

    /// <summary>Leads to this host's daemon.</summary>
    NodeClient OpenDaemon(StoreChoice choice, TimeSpan timeout);
}
