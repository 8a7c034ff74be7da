using System.Text.RegularExpressions;

namespace Netplugin.Tests.Shape;

/// <summary>Rules of the house that a text search can watch.</summary>
public sealed partial class SourceRuleTests
{
    // Name by name: Netplugin.Core.Model comes before Netplugin.Core2.
    private static readonly Comparer<string> NamesInOrder = Comparer<string>.Create((left, right) => string.Compare(
        left.Replace('.', '\0'), right.Replace('.', '\0'), StringComparison.OrdinalIgnoreCase));
    private static readonly string[] TextFiles = [".cs", ".c", ".h", ".md", ".sh", ".json", ".csproj", ".props", ".targets", ".proto", ".toml", ".txt", ""];

    [Fact]
    public void Calls_into_the_kernel_live_in_Linux_and_k8contivnet_alone() =>
        Assert.Empty(Find(
            Repository.Files("src", "*.cs").Where(file => !file.StartsWith("src/Netplugin.Linux/", StringComparison.Ordinal)
                && !file.StartsWith("src/K8contivnet/", StringComparison.Ordinal)),
            PlatformInvoke()));

    [Fact]
    public void Nothing_is_left_for_later() =>
        Assert.Empty(Find(Repository.Files("src").Concat(Repository.Files("bpf")).Where(IsText), LeftForLater()));

    [Fact]
    public void No_error_is_swallowed() =>
        Assert.Empty(Find(Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs")), EmptyCatch()));

    [Fact]
    public void Tests_wait_for_conditions_and_skip_nothing() =>
        Assert.Empty(Find(Repository.Files("tests", "*.cs"), SleepOrSkip()));

    [Fact]
    public void The_tree_knows_no_path_of_the_machine_it_was_written_on() =>
        Assert.Empty(Find(Repository.Files().Where(IsText), WorkplacePath()));

    [Fact]
    public void Every_eBPF_source_states_its_licence()
    {
        IEnumerable<string> without = Repository.Files("bpf", "*.c").Concat(Repository.Files("bpf", "*.h"))
            .Where(file => !Repository.Read(file).StartsWith("// SPDX-License-Identifier: ", StringComparison.Ordinal));
        Assert.Empty(without);
    }

    [Fact]
    public void No_source_file_grows_past_500_lines()
    {
        IEnumerable<string> tooLong =
            from file in Repository.Files("src", "*.cs").Concat(Repository.Files("bpf")).Concat(Repository.Files("tests", "*.cs"))
            let lines = Repository.Read(file).Count(letter => letter == '\n')
            where lines > 500
            select $"{file}: {lines}";
        Assert.Empty(tooLong);
    }

    // What a build leaves running would hold the lock for a quarter of an hour.
    [Fact]
    public void Builds_do_not_inherit_the_lock_of_a_script()
    {
        IEnumerable<string> builds =
            from file in Repository.Files("demo").Concat(Repository.Files("tests/kubelab"))
            let text = Repository.Read(file)
            where text.Contains("\n    only_one\n", StringComparison.Ordinal) || text.Contains("\nonly_one\n", StringComparison.Ordinal)
            from line in text.Split('\n')
            where Build().IsMatch(line)
            select $"{file}: {line.Trim()}";
        Assert.NotEmpty(builds);
        Assert.All(builds, line => Assert.Contains("9>&-", line, StringComparison.Ordinal));
    }

    // The compiler does not mind, and lint looks at files one by one, without the compiler.
    [Fact]
    public void Usings_are_in_order_System_first()
    {
        IEnumerable<string> disordered =
            from file in Repository.Files("", "*.cs")
            let usings = Using().Matches(Repository.Read(file)).Select(match => match.Groups[1].Value).ToArray()
            where !usings.SequenceEqual(usings.OrderBy(name => name != "System" && !name.StartsWith("System.", StringComparison.Ordinal)).ThenBy(name => name, NamesInOrder))
            select file;
        Assert.Empty(disordered);
    }

    private static bool IsText(string file) => TextFiles.Contains(Path.GetExtension(file));

    private static IEnumerable<string> Find(IEnumerable<string> files, Regex pattern) =>
        from file in files
        let text = Repository.Read(file)
        from Match match in pattern.Matches(text)
        select $"{file}:{text.AsSpan(0, match.Index).Count('\n') + 1}: {match.Value}";

    [GeneratedRegex(@"\b(LibraryImport|DllImport)\b")]
    private static partial Regex PlatformInvoke();

    [GeneratedRegex("dotnet build|scripts/(publish|image)(?!s)")]
    private static partial Regex Build();

    [GeneratedRegex(@"^using ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    // Written so that the patterns do not find themselves.
    [GeneratedRegex(@"\b(TO(?:)DO|FIX(?:)ME|HA(?:)CK|NotImplemented(?:)Exception)\b")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?(\s*when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"Thread\.(?:)Sleep|Task\.(?:)Delay\(|Skip\s*=\s*""|Assert\.(?:)Skip")]
    private static partial Regex SleepOrSkip();

    [GeneratedRegex(@"(?<![\w.$*-])/work(?:)/|/root/\.nuget")]
    private static partial Regex WorkplacePath();
}
