using System.Globalization;
using System.Net;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.EndToEnd.Traffic;

/// <summary>redis in pods that are asked from others.</summary>
internal static class RedisPods
{
    private const int Port = 6379;

    /// <summary>Starts redis-server in a pod, connects to it from another, and begins to count.</summary>
    public static async Task<RedisConnection> ConnectAsync(Pod from, Pod to, string address)
    {
        await to.StartAsync("redis", "redis-server", "--port", Port.ToString(CultureInfo.InvariantCulture), "--save", "", "--protected-mode", "no");
        await Eventually.HoldsAsync("redis to answer", () => to.Run("redis-cli", "ping").ExitCode == 0);
        return await RedisConnection.OpenAsync(from.NetworkNamespace, new(IPAddress.Parse(address), Port));
    }
}
