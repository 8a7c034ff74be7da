namespace Netplugin.Core.Policies.Maps;

/// <summary>What a reason has denied.</summary>
/// <param name="Packets">Packets; a GSO packet counts as one.</param>
/// <param name="Bytes">Bytes of whole frames.</param>
public readonly record struct DeniedCount(ulong Packets, ulong Bytes);
