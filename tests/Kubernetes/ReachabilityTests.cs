using System.Globalization;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Kubernetes.Reachability;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>
/// A generated cluster of tenants whose subnets overlap: every pod asks every pod by every way, and what gets through is what the reference evaluator says.
/// </summary>
/// <param name="output">Says the seed.</param>
public sealed class ReachabilityTests(ITestOutputHelper output)
{
    private const int Nodes = 3;
    private const int Least = 100_000;

    [Fact]
    public async Task What_gets_through_between_the_pods_of_a_generated_cluster_is_what_the_evaluator_says()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("NETPLUGIN_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"NETPLUGIN_SEED={seed}");
        World world = World.Generate(seed, Nodes, pods: 60, services: 15);
        await using OwnCluster cluster = OwnCluster.Make("reach", ("KUBELAB_NODES", $"{Nodes}"), ("KUBELAB_FAMILY", "46"));
        cluster.Netdcli("-cfg", world.Intent()).Succeeded();
        await cluster.ApplyPodsAsync(world.Manifest(), TimeSpan.FromMinutes(1));
        foreach (string place in world.Pods.Select(pod => pod.Namespace).Distinct())
        {
            cluster.Kubectl("wait", "--namespace", place, "--for=condition=Ready", "pods", "--all", "--timeout=150s").Succeeded();
        }

        Way[] ways = [.. await Ways.OfAsync(cluster, world)];
        Assert.All(Enum.GetValues<WayKind>(), kind => Assert.Contains(ways, way => way.Kind == kind));
        using var probes = new Probes([.. world.Pods.Select(pod => cluster.Pod(pod.Name, pod.Namespace).NetworkNamespace())]);
        await EverythingIsKnownAsync(world, ways, probes);

        var questions = new List<(int Number, int From, Way Way)>();
        while (probes.Sent < Least)
        {
            for (int from = 0; from < world.Pods.Count; from++)
            {
                questions.AddRange(probes.Send(from, ways.Select(way => way.Target)).Zip(ways, (number, way) => (number, from, way)));
            }
        }

        // What comes late comes before what was asked after it.
        await EverythingIsKnownAsync(world, ways, probes);
        string[] wrong = [.. questions.Where(q => !IsRight(world, probes, q)).Select(q => Tell(world, probes, q))];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{questions.Count} questions, {questions.Count(q => probes.ReachedBy(q.Number).Count > 0)} got through, {wrong.Length} not as the evaluator says"));
        Assert.Equal([], wrong.Take(20));
    }

    private static bool IsRight(World world, Probes probes, (int Number, int From, Way Way) question)
    {
        IReadOnlyCollection<int> reached = probes.ReachedBy(question.Number);
        return reached.Count <= 1 && reached.All(ReferenceEvaluator.Reached(world, question.From, question.Way).Contains)
            && (reached.Count == 1 || !ReferenceEvaluator.MustArrive(world, question.From, question.Way));
    }

    private static string Tell(World world, Probes probes, (int Number, int From, Way Way) question)
    {
        string expected = string.Join(' ', ReferenceEvaluator.Reached(world, question.From, question.Way).Select(pod => Named(world, pod)));
        string got = string.Join(' ', probes.ReachedBy(question.Number).Select(pod => Named(world, pod)));
        return $"{Named(world, question.From)} asked {question.Way.Kind} {question.Way.Target}: of [{expected}] it got to [{got}]";
    }

    private static string Named(World world, int pod) => $"{world.Pods[pod].Name}(network {world.Pods[pod].Network}, node {world.Pods[pod].Node})";

    /// <summary>Every node knows every pod and Service when what surely leads somewhere does so from a pod of each network on each node.</summary>
    private static async Task EverythingIsKnownAsync(World world, Way[] ways, Probes probes)
    {
        foreach (IGrouping<(int, int?), int> alike in Enumerable.Range(0, world.Pods.Count).GroupBy(pod => (world.Pods[pod].Node, world.Pods[pod].Network)))
        {
            int from = alike.First();
            Way[] sure = [.. ways.Where(way => ReferenceEvaluator.MustArrive(world, from, way))];
            int[] numbers = [];
            await Eventually.HoldsAsync(
                $"{Named(world, from)} to get to all it may",
                async () =>
                {
                    numbers = probes.Send(from, sure.Select(way => way.Target));
                    await Eventually.HoldsAsync("the questions to arrive", () => numbers.All(number => probes.ReachedBy(number).Count > 0), TimeSpan.FromSeconds(2));
                    return true;
                },
                TimeSpan.FromSeconds(40));
        }
    }
}
