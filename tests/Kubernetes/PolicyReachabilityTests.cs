using System.Globalization;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Kubernetes.Reachability;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>
/// A generated cluster under one set of generated policies after the other: every pod asks every pod by every way, and what gets through is what the judge says of the pod that was chosen.
/// </summary>
/// <param name="output">Says the seed.</param>
public sealed class PolicyReachabilityTests(ITestOutputHelper output)
{
    private const int Nodes = 3;
    private const int Sets = 6;
    private const int Least = 20_000;

    [Fact]
    public async Task What_gets_through_under_generated_policies_is_what_the_judge_says()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("NETPLUGIN_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"NETPLUGIN_SEED={seed}");
        World world = World.Generate(seed, Nodes, pods: 36, services: 9);
        await using OwnCluster cluster = OwnCluster.Make("policies", ("KUBELAB_NODES", $"{Nodes}"), ("KUBELAB_FAMILY", "46"));
        cluster.Netdcli("-cfg", world.Intent()).Succeeded();
        cluster.Apply(Lab.Manifest("clusternetworkpolicies.yaml"));
        await cluster.ApplyPodsAsync(world.Manifest(), TimeSpan.FromMinutes(1));
        foreach (string place in World.NamespaceNames)
        {
            cluster.Kubectl("wait", "--namespace", place, "--for=condition=Ready", "pods", "--all", "--timeout=150s").Succeeded();
        }

        Way[] ways = [.. await Ways.OfAsync(cluster, world)];
        using var probes = new Probes([.. world.Pods.Select(pod => cluster.Pod(pod.Name, pod.Namespace).NetworkNamespace())]);
        var random = new Random(seed);
        int asked = 0, through = 0, held = 0;
        for (int set = 0; set < Sets; set++)
        {
            cluster.Apply(WorldPolicies.Manifest(random, policies: 8));
            var policies = WorldPolicies.Read(cluster, world, ways);

            // The first round that is right may have been so by chance: the next one counts. Nodes look for the definition of ClusterNetworkPolicies once a minute.
            string[] wrong = [];
            try
            {
                await Eventually.HoldsAsync(
                    "the policies to be enforced",
                    async () => (wrong = Wrong(world, probes, policies, await AskAsync(world, ways, probes, policies))).Length == 0,
                    TimeSpan.FromSeconds(set == 0 ? 100 : 30));
            }
            catch (TimeoutException)
            {
                AllRight(wrong);
            }

            Question[] counted = await AskAsync(world, ways, probes, policies);
            AllRight(Wrong(world, probes, policies, counted));
            asked += world.Pods.Count * ways.Length;
            through += Pairs(world, ways).Count(pair => policies.MustArrive(pair.From, pair.Way));
            held += Pairs(world, ways).Count(pair => ReferenceEvaluator.Reached(world, pair.From, pair.Way).Any() && policies.Reached(pair.From, pair.Way).Count == 0);
            cluster.Kubectl("delete", "networkpolicies", "--all", "--all-namespaces").Succeeded();
            cluster.Kubectl("delete", "clusternetworkpolicies", "--all").Succeeded();

            // Nor has anything come late.
            AllRight(Wrong(world, probes, policies, counted));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{asked} questions of {probes.Sent}: {through} had to get through, {held} were held by policies"));
        Assert.True(asked >= Least, $"{asked} questions");
        Assert.True(through > asked / 50 && held > asked / 50, $"{through} through and {held} held of {asked}");
    }

    private static void AllRight(string[] wrong) => Assert.True(wrong.Length == 0, $"{wrong.Length} not as the judge says:\n{string.Join('\n', wrong.Take(20))}");

    private static IEnumerable<(int From, Way Way)> Pairs(World world, Way[] ways) => Enumerable.Range(0, world.Pods.Count).SelectMany(from => ways.Select(way => (from, way)));

    /// <summary>Everybody asks everything once, and what must arrive is waited for.</summary>
    private static async Task<Question[]> AskAsync(World world, Way[] ways, Probes probes, WorldPolicies policies)
    {
        var questions = new List<Question>();
        for (int from = 0; from < world.Pods.Count; from++)
        {
            questions.AddRange(probes.Send(from, ways.Select(way => way.Target)).Zip(ways, (number, way) => new Question(number, from, way)));
        }

        try
        {
            await Eventually.HoldsAsync("the questions to arrive", () => questions.All(question => HasArrived(probes, policies, question)), TimeSpan.FromSeconds(3));
        }
        catch (TimeoutException)
        {
            // Those that did not are told.
        }

        return [.. questions];
    }

    private static bool HasArrived(Probes probes, WorldPolicies policies, Question question) =>
        probes.ReachedBy(question.Number).Count > 0 || !policies.MustArrive(question.From, question.Way);

    private static string[] Wrong(World world, Probes probes, WorldPolicies policies, IEnumerable<Question> questions)
    {
        return
        [
            .. from question in questions
               let got = probes.ReachedBy(question.Number)
               let may = policies.Reached(question.From, question.Way)
               where !HasArrived(probes, policies, question) || got.Count > 1 || !got.All(may.Contains)
               select $"{Named(question.From)} asked {question.Way.Kind} {question.Way.Target} of [{All(question.Way.Pods)}]: of [{All(may)}] it got to [{All(got)}]",
        ];

        string All(IEnumerable<int> pods) => string.Join(' ', pods.Select(Named));
        string Named(int pod) => $"{world.Pods[pod].Name}(network {world.Pods[pod].Network}, node {world.Pods[pod].Node})";
    }

    private sealed record Question(int Number, int From, Way Way);
}
