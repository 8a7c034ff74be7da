namespace Netplugin.Linux.Nftables;

/// <summary>A firewall rule as the kernel reports it.</summary>
/// <param name="Packets">Packets its counter has seen; 0 when it has none.</param>
/// <param name="Comment">Its comment; empty when it has none.</param>
internal sealed record RuleState(ulong Packets, string Comment);
