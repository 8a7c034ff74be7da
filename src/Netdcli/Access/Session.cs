using Netplugin.NodeApi.Client;

namespace Netdcli.Access;

/// <summary>What a verb needs to reach the cluster and the local daemon.</summary>
/// <param name="terminal">Streams and environment.</param>
/// <param name="stores">Opens stores.</param>
internal sealed class Session(Terminal terminal, IStoreOpener stores)
{
    /// <summary>Longest wait for the local daemon, which answers from memory.</summary>
    private static readonly TimeSpan DaemonPatience = TimeSpan.FromSeconds(5);

    /// <summary>The environment's answer to which store, for flags not given.</summary>
    public Func<string, string?> Variable => terminal.Variable;

    /// <summary>The store opened last, to explain a failure by; null when none was.</summary>
    public StoreChoice? Opened { get; private set; }

    /// <summary>Opens the cluster's store.</summary>
    public Cluster OpenCluster(StoreChoice choice)
    {
        Opened = choice;
        return new(stores.OpenStore(choice));
    }

    /// <summary>Leads to this host's daemon.</summary>
    public NodeClient OpenDaemon(StoreChoice choice) => stores.OpenDaemon(choice, DaemonPatience);
}
