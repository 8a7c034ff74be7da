using Netplugin.Agent.Faults;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.Agent.Real;

/// <summary>Whatever moment the daemon dies at, nothing is left in the end.</summary>
public sealed class LeakTests
{
    [Fact]
    public async Task Killed_at_every_named_step_of_add_and_del_nothing_is_left()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(1)).Succeeded();
        var node = cluster[1];
        foreach (var step in FaultPoint.All)
        {
            node.Daemon.Kill();
            node.Node.Environment[FaultPoint.Variable] = step;
            await node.StartDaemonAsync();
            var pod = node.CreatePod("c1");
            var add = pod.Cni("ADD");
            if (step.StartsWith("add.", StringComparison.Ordinal))
            {
                Assert.True(add.ExitCode != 0, $"the daemon answered an ADD at {step}");
            }
            else
            {
                add.Succeeded();
                pod.Delete();
            }

            await Eventually.HoldsAsync($"the daemon to die at {step}", () => !node.Daemon.IsRunning);
            node.Node.Environment.Remove(FaultPoint.Variable);
            await node.StartDaemonAsync();

            // The runtime's next word is a DEL of what failed.
            pod.Delete();
            await NodeChecks.NothingLeftAsync(cluster, step);
            pod.RemoveNamespace();
        }
    }

    [Fact]
    public async Task An_add_after_the_daemon_died_in_one_works_without_a_del_between()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(1)).Succeeded();
        var node = cluster[1];
        foreach (var step in FaultPoint.All.Where(s => s.StartsWith("add.", StringComparison.Ordinal)))
        {
            node.Daemon.Kill();
            node.Node.Environment[FaultPoint.Variable] = step;
            await node.StartDaemonAsync();
            var pod = node.CreatePod("c1");
            Assert.NotEqual(0, pod.Cni("ADD").ExitCode);

            // The answer comes when its socket closes, which is before it is gone; its lock would send the next one away.
            await Eventually.HoldsAsync($"the daemon to die at {step}", () => !node.Daemon.IsRunning);
            node.Node.Environment.Remove(FaultPoint.Variable);
            await node.StartDaemonAsync();
            pod.Add();
            pod.Delete();
            await NodeChecks.NothingLeftAsync(cluster, step);
        }
    }
}
