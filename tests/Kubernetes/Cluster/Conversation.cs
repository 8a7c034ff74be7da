using System.Globalization;
using System.Net;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// One TCP connection from a pod to redis, over which a question goes every 50 ms. It is held within the pod, so what ends the way by
/// which the pod is looked into does not end it.
/// </summary>
public sealed class Conversation
{
    private const string Ended = "ended";
    private readonly Place _from;
    private readonly string _file = $"/tmp/{Guid.NewGuid():N}";

    private Conversation(Place from) => _from = from;

    /// <summary>Begins one and waits for its first answers.</summary>
    public static async Task<Conversation> BeginAsync(Place from, IPAddress redis)
    {
        var conversation = new Conversation(from);
        from.Run("sh", "-c", $$"""
            { while echo PING; do sleep 0.05; done | nc {{redis}} 6379 >{{conversation._file}}; echo {{Ended}} >>{{conversation._file}}; } >/dev/null 2>&1 &
            """).Succeeded();
        await conversation.GoesOnAsync();
        return conversation;
    }

    /// <summary>Waits for twenty more answers.</summary>
    /// <exception cref="TimeoutException">They did not come, or the connection ended.</exception>
    public async Task GoesOnAsync()
    {
        int before = 0;
        await Eventually.HoldsAsync($"{_from.Name} to be looked into", () => (before = Answers()) >= 0);
        await Eventually.HoldsAsync($"answers of redis to {_from.Name} after {before}", () => Answers() >= before + 20);
        Assert.DoesNotContain(Ended, _from.Run("tail", "-n", "1", _file).Succeeded(), StringComparison.Ordinal);
    }

    /// <summary>Kills netplugin on both nodes and starts it again: the connection goes on while it is away and afterwards.</summary>
    public async Task OutlivesNetpluginAsync(Lab lab)
    {
        int[] nodes = [1, 2];
        foreach (int node in nodes)
        {
            lab.Kill(node, "netplugin");
        }

        await GoesOnAsync();
        foreach (int node in nodes)
        {
            lab.Start(node, "netplugin");
        }

        await GoesOnAsync();
    }

    private int Answers() => int.Parse(_from.Run("sh", "-c", $"grep -c PONG {_file} || true").Succeeded(), CultureInfo.InvariantCulture);
}
