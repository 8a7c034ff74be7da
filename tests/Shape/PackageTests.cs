using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Netplugin.Tests.Shape;

/// <summary>What is installed by <c>scripts/need</c> is all a fresh Debian lacks.</summary>
public sealed partial class PackageTests
{
    private static readonly string[] Shells = ["tests/kernel/run"];

    /// <summary>Programs that the tests and scripts run by name. Those that Debian cannot do without need no listing.</summary>
    public static TheoryData<string> Programs =>
    [
        .. Repository.Files("tests", "*.cs").SelectMany(file => Run().Matches(Repository.Read(file)))
            .Concat(Shells.SelectMany(file => ProgramList().Matches(Repository.Read(file))))
            .SelectMany(match => match.Groups["names"].Value.Split(' '))
            .Where(name => name is not ("dotnet" or "netdcli" or "k8contivnet")).Distinct().Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_comes_with_a_listed_package_or_with_every_Debian(string program)
    {
        string[] listed = [.. Repository.Read("scripts/packages.txt").Split('\n').Where(line => line is [not '#', ..]).Select(line => line.Split(' ')[0])];
        Assert.Contains(OwnersOf(program), owner => listed.Contains(owner) || Ask("dpkg-query", "-W", "-f", "${Priority}", owner) == "required");
    }

    // A program may be known under its path with or without /usr, and as what a link such as awk leads to.
    private static IEnumerable<string> OwnersOf(string program) =>
        from folder in new[] { "/usr/bin", "/usr/sbin" }
        let path = $"{folder}/{program}"
        where File.Exists(path)
        from name in new[] { path, path[4..], new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path }
        from line in Ask("dpkg-query", "-S", name).Split('\n')
        where line.Contains(": ", StringComparison.Ordinal)
        select line.Split(':')[0];

    private static string Ask(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    [GeneratedRegex("""\b(?:[Nn]ode|[Pp]od|first|here|Command|from|\])\.(?:Run|Start)\("(?<names>[a-z][a-z0-9.-]*)"[,)]""")]
    private static partial Regex Run();

    [GeneratedRegex(@"^for program in (?<names>[a-z0-9_ -]+); do", RegexOptions.Multiline)]
    private static partial Regex ProgramList();
}
