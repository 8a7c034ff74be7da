using System.Diagnostics;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;

namespace Netplugin.Bench;

/// <summary>
/// Compiling policies for a node with 100 of 100,000 pods: everything at once, and one label more where 10,000 policies are for the node's pods. In this process, which is not a native program.
/// </summary>
internal static class PolicyCompileBench
{
    private const string Section = "Compiling policies";
    private const string Node = "node-0";
    private const int Rounds = 5;
    private const int Changes = 300;
    private const int Namespaces = 25_000;
    private const int PodsEach = 4;
    private const int PoliciesEach = 3;
    private const int Nodes = 1_000;
    private const int PoliciesThatMatter = 10_000;
    private const double Megabyte = 1e6;

    private static readonly IpPrefix Everywhere = IpPrefix.Parse("0.0.0.0/0");
    private static readonly IpPrefix Inside = IpPrefix.Parse("10.0.0.0/8");

    /// <summary>Runs the bench.</summary>
    public static Task RunAsync(Report report)
    {
        PolicyEndpoint[] pods = [.. Enumerable.Range(0, Namespaces * PodsEach).Select(i => Pod(i, "a"))];
        NormalPolicy[] policies = [.. Enumerable.Range(0, Namespaces).SelectMany(Policies), .. Enumerable.Range(0, 20).Select(ClusterPolicy)];
        Cold(report, pods, policies);
        Change(report, pods);
        Policy(report, pods, policies);
        report.Note("Compiling policies: in the bench's own process, which is no native program, for a node with 100 of the pods.");
        return Task.CompletedTask;
    }

    private static void Cold(Report report, PolicyEndpoint[] pods, NormalPolicy[] policies)
    {
        Samples seconds = new();
        (long Before, long After) resident = default;
        for (int round = 0; round < Rounds; round++)
        {
            GC.Collect();
            // From here on the highest is counted anew (proc(5), clear_refs).
            File.WriteAllText("/proc/self/clear_refs", "5");
            resident.Before = PeakResident();
            var clock = Stopwatch.StartNew();
            var compiler = new PolicyCompiler(Node);
            Array.ForEach(policies, compiler.Set);
            Array.ForEach(pods, compiler.Set);
            int writes = compiler.TakeChanges().Count;
            seconds.Add(clock.Elapsed.TotalSeconds);
            resident.After = Math.Max(resident.After, PeakResident());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {seconds.Values[^1]:0.00} s, {writes} writes, from {resident.Before / Megabyte:0} to {PeakResident() / Megabyte:0} MB"));
        }

        string what = string.Create(CultureInfo.InvariantCulture, $"everything: {policies.Length:N0} policies, {pods.Length:N0} pods, {Namespaces:N0} namespaces");
        report.Add(Section, what, $"{Report.Number(seconds.Median)} s ({Report.Number(seconds.Minimum)}-{Report.Number(seconds.Maximum)})", "<= 3 s", seconds.Median <= 3);
        report.Add(Section, "highest memory meanwhile, with the policies and pods themselves", $"{Report.Number(resident.After / Megabyte)} MB", "<= 800 MB", resident.After / Megabyte <= 800);
    }

    // The node's pods are in 100 namespaces, each with 100 policies, all of them for the namespace's pods.
    private static void Change(Report report, PolicyEndpoint[] pods)
    {
        PolicyEndpoint[] local = [.. pods.Where(pod => pod.Node == Node)];
        var compiler = new PolicyCompiler(Node);
        Array.ForEach(pods, compiler.Set);
        for (int i = 0; i < PoliciesThatMatter; i++)
        {
            compiler.Set(Narrow(i, local[i % local.Length].Pod!.Name.Namespace));
        }

        compiler.TakeChanges();
        foreach ((string whose, bool isLocal) in ((string, bool)[])[("a pod of another node", false), ("a pod of this node", true)])
        {
            Samples milliseconds = new();
            PolicyEndpoint[] those = isLocal ? local : [.. local.Select(pod => pods[Index(pod) + 1])];
            for (int i = 0; i < Changes + 20; i++)
            {
                PolicyEndpoint changed = Pod(Index(those[i % those.Length]), i / those.Length % 2 == 0 ? "b" : "a");
                long started = Stopwatch.GetTimestamp();
                compiler.Set(changed);
                int writes = compiler.TakeChanges().Count;
                if (i >= 20)
                {
                    milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                if (i == 0)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {whose}: {writes} writes"));
                }
            }

            report.Add(
                Section, $"a label of {whose} changes, 10,000 policies for this node's pods", $"{Report.Number(milliseconds.Median)} ms (p99 {Report.Number(milliseconds.Percentile(99))})", "<= 1 ms", milliseconds.Median <= 1);
        }
    }

    // With peers that any namespace's pods may be, and one that every address is in.
    private static void Policy(Report report, PolicyEndpoint[] pods, NormalPolicy[] policies)
    {
        var compiler = new PolicyCompiler(Node);
        Array.ForEach(policies, compiler.Set);
        Array.ForEach(pods, compiler.Set);
        compiler.TakeChanges();
        var subject = pods[0].Pod!;
        var id = new PolicyId(PolicyKind.NetworkPolicy, subject.Name.Namespace, "wide");
        var everywhere = new NamespaceSelection.Labelled(LabelSelector.Everything);
        NormalPolicy wide = new(
            id,
            PolicyStage.NetworkPolicy,
            [new NormalSubject.Pods(new(new NamespaceSelection.Named(id.Scope), LabelSelector.Everything))],
            [
                Rule(id, PolicyDirection.Ingress, 0, new NormalPeer.Pods(new(everywhere, Is("app", "app3"))), new NormalTraffic.Ports(TransportProtocol.Tcp, 80, 80)),
                Rule(id, PolicyDirection.Ingress, 1, new NormalPeer.ClusterBlock(Everywhere, []), new NormalTraffic.Ports(TransportProtocol.Tcp, 443, 443)),
            ],
            true);
        Samples milliseconds = new();
        for (int i = 0; i < 4 * Rounds; i++)
        {
            long started = Stopwatch.GetTimestamp();
            if (i % 2 == 0)
            {
                compiler.Set(wide);
            }
            else
            {
                compiler.Remove(id);
            }

            int writes = compiler.TakeChanges().Count;
            milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {milliseconds.Values[^1]:0.0} ms, {writes} writes"));
        }

        report.Add(Section, "a policy about a quarter of all pods and every address comes or goes", $"{Report.Number(milliseconds.Median)} ms ({Report.Number(milliseconds.Minimum)}-{Report.Number(milliseconds.Maximum)})", "", null);
    }

    private static int Index(PolicyEndpoint pod) => (int)(uint)(pod.ClusterAddresses.First.Bits - IpAddr.Parse("10.0.0.0").Bits);

    private static PolicyEndpoint Pod(int i, string track)
    {
        int space = i / PodsEach;
        string name = Invariant($"p{i}");
        var labels = new Labels([new("app", Invariant($"app{i % PodsEach}")), new("track", track), new("tier", Invariant($"tier{i % 3}")), new("pod-name", name)]);
        return new(
            new(NetworkId.ClusterDefault, name),
            "",
            [],
            [IpAddr.Parse("10.0.0.0").Add((UInt128)i)],
            // The first pod of every 250th namespace is this node's.
            Invariant($"node-{i % Nodes}"),
            new(new(Space(space), name), labels, SpaceLabels(space), [new("http", TransportProtocol.Tcp, 8080)]));
    }

    private static string Space(int i) => Invariant($"ns{i}");

    private static Labels SpaceLabels(int i) => new([new("kubernetes.io/metadata.name", Space(i)), new("team", Invariant($"team{i % 500}"))]);

    // Closed but to itself; one application open to another team; out only to DNS and what is outside.
    private static IEnumerable<NormalPolicy> Policies(int space)
    {
        var own = new NamespaceSelection.Named(Space(space));
        var anybody = new PodSelection(own, LabelSelector.Everything);
        var team = new NamespaceSelection.Labelled(Is("team", Invariant($"team{(space + 1) % 500}")));
        for (int i = 0; i < PoliciesEach; i++)
        {
            var id = new PolicyId(PolicyKind.NetworkPolicy, Space(space), Invariant($"policy{i}"));
            yield return i switch
            {
                0 => new(id, PolicyStage.NetworkPolicy, [new NormalSubject.Pods(anybody)], [Rule(id, PolicyDirection.Ingress, 0, new NormalPeer.Pods(anybody), new NormalTraffic.All())], true),
                1 => new(
                    id,
                    PolicyStage.NetworkPolicy,
                    [new NormalSubject.Pods(new(own, Is("app", "app0")))],
                    [Rule(id, PolicyDirection.Ingress, 0, new NormalPeer.Pods(new(team, Is("app", "app1"))), new NormalTraffic.Named(TransportProtocol.Tcp, "http"))],
                    true),
                _ => new(
                    id,
                    PolicyStage.NetworkPolicy,
                    [new NormalSubject.Pods(anybody)],
                    [
                        Rule(id, PolicyDirection.Egress, 0, new NormalPeer.Everybody(), new NormalTraffic.Ports(TransportProtocol.Udp, 53, 53)),
                        Rule(id, PolicyDirection.Egress, 1, new NormalPeer.ClusterBlock(Everywhere, [Inside]), new NormalTraffic.All()),
                    ],
                    IsolatesEgress: true),
            };
        }
    }

    private static NormalPolicy ClusterPolicy(int i)
    {
        var id = new PolicyId(PolicyKind.ClusterNetworkPolicy, "", Invariant($"cluster{i}"));
        var everywhere = new NamespaceSelection.Labelled(LabelSelector.Everything);
        return new(
            id,
            i % 2 == 0 ? PolicyStage.Admin : PolicyStage.Baseline,
            [new NormalSubject.Pods(new(everywhere, Is("tier", Invariant($"tier{i % 3}"))))],
            [Rule(id, PolicyDirection.Ingress, 0, new NormalPeer.Pods(new(new NamespaceSelection.Labelled(Is("team", Invariant($"team{i}"))), LabelSelector.Everything)), new NormalTraffic.All(), PolicyAction.Deny)]);
    }

    // Of the 100 of a namespace, each is about another port, half of them for all its pods, and half for those with one of two labels: a pod of this node that gets the other has other policies.
    private static NormalPolicy Narrow(int i, string space)
    {
        var id = new PolicyId(PolicyKind.NetworkPolicy, space, Invariant($"narrow{i}"));
        var own = new NamespaceSelection.Named(space);
        int kind = i / 100;
        return new(
            id,
            PolicyStage.NetworkPolicy,
            [new NormalSubject.Pods(new(own, kind % 2 == 0 ? LabelSelector.Everything : Is("track", kind % 4 == 1 ? "a" : "b")))],
            [
                Rule(
                    id,
                    PolicyDirection.Ingress,
                    0,
                    new NormalPeer.Pods(new(own, Is(kind % 8 < 4 ? "track" : "app", kind % 8 < 4 ? (kind % 8 < 2 ? "a" : "b") : Invariant($"app{kind % PodsEach}")))),
                    new NormalTraffic.Ports(TransportProtocol.Tcp, (ushort)(1000 + kind), (ushort)(1000 + kind))),
            ],
            true);
    }

    private static NormalRule Rule(PolicyId id, PolicyDirection direction, int place, NormalPeer peer, NormalTraffic traffic, PolicyAction action = PolicyAction.Accept) =>
        new(new(id, direction, place, ""), 0, action, [peer], [traffic]);

    private static LabelSelector Is(string key, string value) => new([new LabelRequirement(key, LabelOperator.In, [value])]);

    private static long PeakResident() =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
