using System.Globalization;
using System.Text;

namespace Netplugin.Bench;

/// <summary>Collects rows and writes them as <c>bench/RESULTS.md</c>: each with its target, and whether it was met.</summary>
internal sealed class Report
{
    private readonly List<(string Section, string What, string Measured, string Target, bool? Met)> _rows = [];
    private readonly List<string> _notes = [];

    public int Missed => _rows.Count(row => row.Met == false);

    /// <summary>Adds a row; <paramref name="met"/> is null where the row has no target.</summary>
    public void Add(string section, string what, string measured, string target, bool? met)
    {
        _rows.Add((section, what, measured, target, met));
        Console.WriteLine($"  {what}: {measured}{(target.Length == 0 ? "" : $" (target {target}: {(met == true ? "met" : "MISSED")})")}");
    }

    /// <summary>Adds a sentence on how the numbers came about.</summary>
    public void Note(string text) => _notes.Add(text);

    public static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        // Most are ratios, whose targets lie near 1: with two places a miss could look like a hit.
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# Bench results").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Written by `make bench` on {DateTime.UtcNow:yyyy-MM-dd}. {Machine()}").AppendLine();
        text.AppendLine("Medians of rounds that take turns in one run; a ratio compares two columns of that run. Single values swing between runs, ratios less.");
        foreach (var section in _rows.GroupBy(row => row.Section))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {section.Key}").AppendLine();
            text.AppendLine("| what | measured | target | met |").AppendLine("|---|---|---|---|");
            foreach (var row in section)
            {
                var met = row.Met switch { true => "yes", false => "**no**", null => "" };
                text.AppendLine(CultureInfo.InvariantCulture, $"| {row.What} | {row.Measured} | {row.Target} | {met} |");
            }
        }

        if (_notes.Count > 0)
        {
            text.AppendLine().AppendLine("## Notes").AppendLine();
            foreach (var note in _notes)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- {note}");
            }
        }

        return text.ToString();
    }

    private static string Machine()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU";
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        var memory = File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return string.Create(CultureInfo.InvariantCulture,
            $"Machine: {cpu}, {Environment.ProcessorCount} cores, {long.Parse(memory, CultureInfo.InvariantCulture) / 1024 / 1024} GiB, Linux {kernel}.");
    }
}
