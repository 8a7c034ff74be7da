using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Wherever the daemon dies, what it left is finished or cleaned up by the next one.</summary>
public sealed class NothingLeaksTests(ITestOutputHelper output)
{
    private const int RandomKills = 200;

    /// <summary>The steps of ADD and DEL at which the daemon can be told to die, by its own list.</summary>
    public static TheoryData<string> FaultPoints => [.. Netplugin.Agent.Faults.FaultPoint.All];

    [Theory]
    [MemberData(nameof(FaultPoints))]
    public async Task Dying_at_a_step_leaves_nothing_after_a_restart_and_DEL(string step)
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        node.Node.Environment["NETPLUGIN_FAULT"] = step;
        await node.StartDaemonAsync();
        node.Node.Environment.Remove("NETPLUGIN_FAULT");
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        string clean = await LeftAsync(node);

        // The call that meets the step fails or succeeds; afterwards the daemon is dead.
        Pod pod = node.CreatePod("c1");
        pod.Cni("ADD");
        pod.Cni("DEL");
        await Eventually.HoldsAsync($"the daemon to die at {step}", () => !node.Daemon.IsRunning);
        await node.StartDaemonAsync();

        // A runtime repeats what failed. The pod must start and stop as if nothing had been.
        string address = pod.Add();
        Pod other = node.CreatePod("c2");
        other.Add();
        Assert.True(other.Reaches(address));
        pod.Cni("CHECK", Checked(pod)).Succeeded();
        other.Delete();
        pod.Delete();
        pod.Delete();
        pod.RemoveNamespace();
        await Eventually.HoldsAsync($"nothing to be left after {step}", async () => await LeftAsync(node) == clean, TimeSpan.FromSeconds(40));
        Assert.DoesNotContain("host1", Bindings(cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dying_two_hundred_times_at_random_moments_leaves_nothing()
    {
        int seed = Environment.TickCount;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"NothingLeaks: random kills with seed {seed}"));
        var random = new Random(seed);
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        string[] names = ["c1", "c2", "c3", "c4"];
        cluster.Post(Intents.OneTenant(("orange", names))).Succeeded();
        string clean = await LeftAsync(node);
        Dictionary<string, Pod> pods = names.ToDictionary(name => name, name => node.CreatePod(name));

        for (int kill = 0; kill < RandomKills; kill++)
        {
            Pod pod = pods[names[random.Next(names.Length)]];
            string command = random.Next(2) == 0 ? "ADD" : "DEL";
            Task<CommandResult> call = Task.Run(() => pod.Cni(command));
            TimeSpan moment = TimeSpan.FromMilliseconds(random.NextDouble() * 40);
            var watch = Stopwatch.StartNew();
            SpinWait.SpinUntil(() => watch.Elapsed >= moment);
            node.Daemon.Kill();
            CommandResult result = await call;
            Assert.True(result.ExitCode is 0 or 1, $"seed {seed}, kill {kill}: {result}");
            await node.StartDaemonAsync();
        }

        foreach (Pod pod in pods.Values)
        {
            pod.Delete();
            pod.RemoveNamespace();
        }

        await Eventually.HoldsAsync(
            string.Create(CultureInfo.InvariantCulture, $"nothing to be left after {RandomKills} kills with seed {seed}"),
            async () => await LeftAsync(node) == clean,
            TimeSpan.FromSeconds(40));
        Assert.DoesNotContain("host1", Bindings(cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADD_twice_gives_the_same_answer_and_DEL_may_repeat_also_without_the_namespace()
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        cluster.Post(Intents.OneTenant(("orange", ["c1"]))).Succeeded();
        string clean = await LeftAsync(node);
        Pod pod = node.CreatePod("c1");
        string first = pod.Cni("ADD").Succeeded();
        Assert.Equal(first, pod.Cni("ADD").Succeeded());
        pod.RemoveNamespace();
        pod.Delete();
        pod.Delete();
        await Eventually.HoldsAsync("nothing to be left", async () => await LeftAsync(node) == clean);
    }

    [Fact]
    public async Task CHECK_tells_damage_and_ADD_mends_it()
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        cluster.Post(Intents.OneTenant(("orange", ["c1"]))).Succeeded();
        Pod pod = cluster[1].CreatePod("c1");
        string added = pod.Cni("ADD").Succeeded();
        string configuration = Pod.Configuration(more: $", \"prevResult\": {added}");
        pod.Cni("CHECK", configuration).Succeeded();
        pod.Run("ip", "addr", "flush", "dev", "eth0").Succeeded();
        CommandResult damaged = pod.Cni("CHECK", configuration);
        Assert.Equal(1, damaged.ExitCode);
        using JsonDocument error = JsonDocument.Parse(damaged.Output);
        Assert.NotEmpty(error.RootElement.GetProperty("msg").GetString()!);
        string mended = pod.Cni("ADD").Succeeded();
        pod.Cni("CHECK", Pod.Configuration(more: $", \"prevResult\": {mended}")).Succeeded();
    }

    [Fact]
    public async Task GC_takes_away_what_the_runtime_no_longer_has()
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        string clean = await LeftAsync(node);
        Pod kept = node.CreatePod("c1"), lost = node.CreatePod("c2");
        string address = kept.Add();
        lost.Add();
        kept.Cni("GC", Pod.Configuration(more: $$""", "cni.dev/valid-attachments": [ { "containerID": "{{kept.Sandbox}}", "ifname": "eth0" } ]""")).Succeeded();
        await Eventually.HoldsAsync("the lost one to be gone", async () => (await node.StatusAsync()).Endpoints == 1);
        await Eventually.HoldsAsync("its interface to be deleted", () => lost.Run("ip", "link", "show", "dev", "eth0").ExitCode != 0);
        Assert.Contains(address, kept.Run("ip", "addr", "show", "dev", "eth0").Succeeded(), StringComparison.Ordinal);
        kept.Cni("GC", Pod.Configuration(more: ", \"cni.dev/valid-attachments\": []")).Succeeded();
        await Eventually.HoldsAsync("nothing to be left", async () => await LeftAsync(node) == clean);
    }

    /// <summary>
    /// What is on the node of pods: links, map entries, journal files, and namespaces that only live because the daemon has them open. As
    /// text, so that a difference can be read.
    /// </summary>
    private static async Task<string> LeftAsync(ClusterNode node)
    {
        string links = node.Node.Run("bash", "-c", "ip -br link | awk '/^np/ { print $1 }' | cut -d@ -f1 | sort").Succeeded();
        string journal = node.Node.Run("find", "/run/netplugin", "-type", "f", "-path", "*/attachments/*").Output;
        string maps = node.Node.Run(
            "bash", "-c", "find /sys/fs/bpf/netplugin -name 'np_endpoints' -o -name 'np_interfaces' | sort | while read -r map; do echo \"$map $(bpftool -j map dump pinned \"$map\" | jq length)\"; done").Succeeded();
        string daemon = "/proc/" + node.Daemon.Pid.ToString(CultureInfo.InvariantCulture);

        // By the file system, NSFS_MAGIC of linux/magic.h: once its path is unmounted, an open namespace is called "/" there.
        string namespaces = node.Node.Run(
            "bash",
            "-c",
            $"for open in {daemon}/fd/*; do [ \"$(stat -fLc %t $open)\" = 6e736673 ] && stat -Lc %i $open; done | grep -vx \"$(stat -Lc %i {daemon}/ns/net)\" | sort").Output;
        return $"{links}{journal}{maps}{namespaces}{(await node.StatusAsync()).Endpoints} endpoints";
    }

    private static string Bindings(Cluster cluster) =>
        cluster.Etcdctl("get", "--prefix", "--print-value-only", "/netplugin/v1/endpoints").Succeeded();

    private static string Checked(Pod pod) => Pod.Configuration(more: $", \"prevResult\": {pod.Cni("ADD").Succeeded()}");
}
