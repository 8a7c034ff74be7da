using System.Collections.Immutable;
using System.Text;

namespace Netplugin.Linux.Bpf;

/// <summary>Packets and bytes (of whole frames) since the counters' map was made; a GSO packet counts as one.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes.</param>
public readonly record struct PacketCount(ulong Packets, ulong Bytes);

/// <summary>The datapath's counters, summed over the CPUs. They outlive the daemon, and an upgrade.</summary>
/// <param name="Drops">By reason; every reason is there, also those that never occurred.</param>
/// <param name="Events">By event; every event is there.</param>
public sealed record DatapathCounters(
    ImmutableSortedDictionary<DropReason, PacketCount> Drops, ImmutableSortedDictionary<DatapathEvent, PacketCount> Events)
{
    /// <summary>The name that metrics and operators see: <c>ArpSpoof</c> is <c>arp_spoof</c>.</summary>
    public static string NameOf(DropReason reason) => SnakeCase(reason.ToString());

    /// <summary>The name that metrics and operators see: <c>DeliveredLocal</c> is <c>delivered_local</c>.</summary>
    public static string NameOf(DatapathEvent happened) => SnakeCase(happened.ToString());

    private static string SnakeCase(string pascal)
    {
        var name = new StringBuilder();
        foreach (var letter in pascal)
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }
}
