using System.Collections.Immutable;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Walks over an intent.</summary>
internal static class IntentWalk
{
    /// <summary>Every network with its id and endpoints, in the file's order.</summary>
    public static IEnumerable<(NetworkId Id, NetworkIntent Network, ImmutableArray<EndpointIntent> Endpoints)> AllNetworks(this Intent intent) =>
        from tenant in intent.Tenants
        from network in tenant.Networks
        select (new NetworkId(tenant.Name.Value, network.Name.Value), network, network.Endpoints);
}
