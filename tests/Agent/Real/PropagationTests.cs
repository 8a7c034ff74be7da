using System.Diagnostics;
using System.Globalization;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.Agent.Real;

/// <summary>How soon other nodes know of a pod.</summary>
public sealed class PropagationTests(ITestOutputHelper output)
{
    private const int Rounds = 20;

    [Fact]
    public async Task A_pod_is_answered_by_a_pod_of_another_node_soon_after_its_add()
    {
        using var cluster = await Cluster.StartAsync(2, startDaemons: false);
        await Task.WhenAll(cluster.Nodes.Select(n => n.StartDaemonAsync("-debug")));
        cluster.Post(NodeChecks.Intent(2)).Succeeded();
        var here = cluster[1].CreatePod("c1");
        here.Add();
        var took = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var there = cluster[2].CreatePod("c2");
            var address = there.Add();
            var began = Stopwatch.GetTimestamp();
            try
            {
                await Eventually.HoldsAsync("an answer", () => here.Run("ping", "-n", "-c", "1", "-W", "0.05", address).ExitCode == 0);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"round {round}\n{cluster[1].Daemon.Log}\n----\n{cluster[2].Daemon.Log}", e);
            }

            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            there.Delete();
            there.RemoveNamespace();
        }

        output.WriteLine("first answer after " + string.Join(' ', took.Select(t => t.ToString("F0", CultureInfo.InvariantCulture))) + " ms, the ping's own start included");
        Assert.True(took.Order().ElementAt(Rounds / 2) < 1000, string.Join(' ', took) + cluster[1].Daemon.Log);
    }
}
