using Netdcli.Access;
using Netplugin.Core.Flags;

namespace Netdcli.Legacy;

/// <summary>Reads which store the original's flags name.</summary>
/// <param name="flags">The flags.</param>
internal sealed class StoreFlags(LegacyFlags flags)
{
    /// <summary>The store that a command line names.</summary>
    public StoreChoice Choose(GoFlagResult parsed, Terminal terminal) => StoreChoice.Resolve(
        terminal.Variable,
        parsed.Get(flags.EtcdUrl) is { Length: > 0 } url ? url : parsed.Get(flags.StoreUrl),
        parsed.Get(flags.EtcdCa), parsed.Get(flags.EtcdCert), parsed.Get(flags.EtcdKey));
}
