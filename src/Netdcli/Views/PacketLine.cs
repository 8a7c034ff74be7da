using System.Globalization;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Views;

/// <summary>A packet in one line.</summary>
internal static class PacketLine
{
    /// <summary>As <c>12:00:00.123 dropped policy tcp shop/a (10.244.1.5:4312) to shop/b (10.244.1.6:80) by NetworkPolicy shop/web, ingress 0; cluster, 74 bytes, SYN</c>, with the time in UTC.</summary>
    public static string Of(ObservedPacket packet)
    {
        string[] words =
        [
            packet.Time.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), packet.Verdict, packet.Reason, packet.Kind, End(packet.From), "to", End(packet.To),
            packet.Backend is { } backend ? $"at {End(backend)}" : "", By(packet),
        ];
        string[] details = [packet.Network, string.Create(CultureInfo.InvariantCulture, $"{packet.Length} bytes"), packet.Detail];
        return $"{string.Join(' ', words.Where(word => word.Length > 0))}; {string.Join(", ", details.Where(detail => detail.Length > 0))}";
    }

    private static string By(ObservedPacket packet)
    {
        if (packet.Rule.Length == 0)
        {
            return "";
        }

        var way = packet.Rule.StartsWith(packet.Direction, StringComparison.Ordinal) ? "" : $" ({packet.Direction})";
        return $"by {(packet.Policy.Length > 0 ? $"{packet.Policy}, " : "rule ")}{packet.Rule}{way}";
    }

    private static string End(ObservedEnd end)
    {
        var address = end.Port is not { } port ? end.Address
            : string.Create(CultureInfo.InvariantCulture, $"{(end.Address.Contains(':', StringComparison.Ordinal) ? $"[{end.Address}]" : end.Address)}:{port}");
        return end.Name.Length == 0 ? address.Length == 0 ? "?" : address : $"{end.Name} ({address})";
    }
}
