using Netplugin.Bench;
using Netplugin.Tests.Support;

(string Name, Func<Report, Task> Run)[] benches =
[
    ("traffic", TrafficBench.RunAsync),
    ("services", ServiceBench.RunAsync),
    ("cni", CniBench.RunAsync),
    ("labels", LabelBench.RunAsync),
    ("burst", BurstBench.RunAsync),
    ("post", PostBench.RunAsync),
    ("scale", ScaleBench.RunAsync),
    ("churn", ChurnBench.RunAsync),
    ("policies", PolicyCompileBench.RunAsync),
    ("enforcement", EnforcementBench.RunAsync),
];
string[] unknown = [.. args.Except(benches.Select(bench => bench.Name))];
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"no bench named {string.Join(", ", unknown)}; there are: {string.Join(", ", benches.Select(bench => bench.Name))}");
    return 2;
}

var report = new Report();
foreach ((string name, Func<Report, Task> run) in benches)
{
    if (args.Length == 0 || args.Contains(name))
    {
        Console.WriteLine($"bench {name}");
        await run(report);
    }
}

// A run of some benches must not overwrite the record of all.
if (args.Length == 0)
{
    File.WriteAllText(Path.Combine(RepositoryRoot.Path, "bench", "RESULTS.md"), report.ToMarkdown());
    Console.WriteLine("wrote bench/RESULTS.md");
}
else
{
    Console.WriteLine(report.ToMarkdown());
}

Console.WriteLine(report.Missed == 0 ? "every target met" : $"{report.Missed} targets missed");
return 0;
