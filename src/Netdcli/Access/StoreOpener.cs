using Netplugin.NodeApi.Client;
using Netplugin.Store;
using Netplugin.Store.Etcd;

namespace Netdcli.Access;

/// <summary>Opens the real ones: etcd, or the local daemon's store through its socket.</summary>
internal sealed class StoreOpener : IStoreOpener
{
    /// <summary>Longest wait for one request to the local daemon's store: it writes to disk and may be behind others.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IStateStore OpenStore(StoreChoice choice)
    {
        if (choice.IsLocalDaemon)
        {
            return new NodeApiStore(OpenDaemon(choice, StorePatience));
        }

        try
        {
            // Not StoreOptions.Open, which could open the embedded store too: SQLite would double this program.
            return new EtcdStore(ToOptions(choice).ToEtcd());
        }
        catch (FormatException e)
        {
            throw new CliException(e.Message, ExitCode.Usage, e);
        }
    }

    /// <inheritdoc/>
    public NodeClient OpenDaemon(StoreChoice choice, TimeSpan timeout) => new(choice.Socket, timeout);

    private static StoreOptions ToOptions(StoreChoice choice) => new()
    {
        EtcdEndpoints = choice.EtcdUrls,
        CaFile = OrNull(choice.CaFile),
        CertificateFile = OrNull(choice.CertificateFile),
        KeyFile = OrNull(choice.KeyFile),
    };

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
