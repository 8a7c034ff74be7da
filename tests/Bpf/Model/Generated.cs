using System.Globalization;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>How many generated packets a test runs, and from which seed: as the environment says, else as the test does.</summary>
/// <param name="Seed">NETPLUGIN_SEED; else chance.</param>
/// <param name="Packets">NETPLUGIN_PACKETS.</param>
internal readonly record struct Generated(int Seed, int Packets)
{
    /// <summary>Reads the environment, and says by what the run can be repeated.</summary>
    internal static Generated Begin(ITestOutputHelper output, int packets)
    {
        var chosen = new Generated(Setting("NETPLUGIN_SEED", Random.Shared.Next()), CountOf(packets));
        output.WriteLine($"NETPLUGIN_SEED={chosen.Seed} NETPLUGIN_PACKETS={chosen.Packets}");
        return chosen;
    }

    /// <summary>How many packets, where nothing is left to chance.</summary>
    internal static int CountOf(int packets) => Setting("NETPLUGIN_PACKETS", packets);

    /// <summary>Says how often each thing came up.</summary>
    internal static void Report(ITestOutputHelper output, SortedDictionary<string, int> seen)
    {
        foreach (var (what, count) in seen)
        {
            output.WriteLine($"{count,8} {what}");
        }
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
