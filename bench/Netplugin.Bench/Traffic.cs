using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Bench;

/// <summary>Measures paths by turns: iperf3 for throughput, redis-benchmark with one connection for request/response.</summary>
internal static class Traffic
{
    private const int IperfPort = 5999;

    /// <summary>Where the server of request/response listens.</summary>
    public const int RedisPort = 5998;

    // Many and short: what disturbs the machine for a moment spoils a round, not the median.
    private const int Rounds = 15;

    // Request/response moves more from second to second than paths differ: what is compared must lie close together.
    private const int RequestRounds = 4;
    private const int Requests = 5000;

    /// <summary>
    /// Runs every path <see cref="Rounds"/> times, the order turned round every other time so that no path has the better place, and in
    /// each round <see cref="RequestRounds"/> times with requests.
    /// Throughput has a core for each end. Request/response shares one core: across cores it would measure how the machine wakes
    /// an idle core, which costs more than any path.
    /// </summary>
    public static async Task<Dictionary<string, TrafficSamples>> MeasureAsync(IReadOnlyList<TrafficPath> paths)
    {
        var results = paths.ToDictionary(path => path.Name, _ => new TrafficSamples(new Samples(), new Samples()));
        for (int round = 0; round < Rounds; round++)
        {
            foreach (TrafficPath path in Turned(paths, round))
            {
                results[path.Name].Gigabits.Add(await ThroughputAsync(path));
            }

            await AskAsync(paths, results);
            Console.WriteLine($"    round {round + 1} of {Rounds}");
        }

        return results;
    }

    /// <summary>The same with requests alone.</summary>
    public static async Task<Dictionary<string, TrafficSamples>> MeasureRequestsAsync(IReadOnlyList<TrafficPath> paths)
    {
        var results = paths.ToDictionary(path => path.Name, _ => new TrafficSamples(new Samples(), new Samples()));
        for (int round = 0; round < Rounds; round++)
        {
            await AskAsync(paths, results);
        }

        return results;
    }

    /// <summary>Waits until the client gets answers.</summary>
    public static async Task AnswersAsync(TrafficPath path)
    {
        using Process server = StartRedis(path);
        try
        {
            string port = (path.ServerPort ?? RedisPort).ToString(CultureInfo.InvariantCulture);
            await Eventually.HoldsAsync(
                $"{path.Name} to answer at {path.ServerAddress}:{port}",
                () => Command.Run("timeout", "2", "nsenter", "--net=" + path.Client, "redis-cli", "-h", path.ServerAddress, "-p", port, "ping").Output.StartsWith("PONG", StringComparison.Ordinal));
        }
        finally
        {
            End(server);
        }
    }

    private static async Task AskAsync(IReadOnlyList<TrafficPath> paths, Dictionary<string, TrafficSamples> results)
    {
        for (int turn = 0; turn < RequestRounds; turn++)
        {
            foreach (TrafficPath path in Turned(paths, turn))
            {
                results[path.Name].Requests.Add(await RequestResponseAsync(path));
            }
        }
    }

    private static IEnumerable<TrafficPath> Turned(IReadOnlyList<TrafficPath> paths, int round) => round % 2 == 0 ? paths : paths.Reverse();

    private static async Task<double> ThroughputAsync(TrafficPath path)
    {
        string port = IperfPort.ToString(CultureInfo.InvariantCulture);
        using Process server = Start(path.Server, 1, "iperf3", "-s", "-1", "-p", port);
        try
        {
            await ListensAsync(path.Server, port);
            string json = Run(path.Client, 0, "iperf3", "-c", path.ServerAddress, "-p", port, "-t", "1", "-O", "1", "-J");
            using JsonDocument parsed = JsonDocument.Parse(json);
            return parsed.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
        }
        finally
        {
            End(server);
        }
    }

    private static async Task<double> RequestResponseAsync(TrafficPath path)
    {
        using Process server = StartRedis(path);
        try
        {
            await ListensAsync(path.Server, RedisPort.ToString(CultureInfo.InvariantCulture));
            string asked = (path.ServerPort ?? RedisPort).ToString(CultureInfo.InvariantCulture);
            string csv = Run(path.Client, 0, "redis-benchmark", "-h", path.ServerAddress, "-p", asked, "-c", "1", "-n", Requests.ToString(CultureInfo.InvariantCulture), "-t", "get", "--csv");
            string row = csv.Split('\n').First(line => line.StartsWith("\"GET\"", StringComparison.Ordinal));
            return double.Parse(row.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
        }
        finally
        {
            End(server);
        }
    }

    private static Process StartRedis(TrafficPath path) => Start(
        path.Server, 0, "redis-server", "--port", RedisPort.ToString(CultureInfo.InvariantCulture), "--save", "", "--protected-mode", "no", "--bind", "*");

    private static string[] Entering(string space, int core) =>
        ["-c", core.ToString(CultureInfo.InvariantCulture), "nsenter", "--net=" + space];

    private static string Run(string space, int core, params string[] words) =>
        Command.Run("taskset", [.. Entering(space, core), .. words], "", TimeSpan.FromMinutes(1)).Succeeded();

    private static Process Start(string space, int core, params string[] words)
    {
        Process process = Command.Start("taskset", [.. Entering(space, core), .. words], environment: null);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void End(Process server)
    {
        server.Kill();
        server.WaitForExit();
    }

    private static Task ListensAsync(string space, string port) => Eventually.HoldsAsync(
        $"a listener on port {port}",
        () => Command.Run("nsenter", "--net=" + space, "ss", "-Hltn", "sport = :" + port).Succeeded().Length > 0);
}
