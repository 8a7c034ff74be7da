using System.Text.RegularExpressions;

namespace Netplugin.Tests.Shape;

/// <summary>The table of what is tried in a real cluster, and the tests that do it, say the same.</summary>
public sealed partial class ScenarioTests
{
    private const string Folder = "tests/Kubernetes";

    [Fact]
    public void Every_row_of_the_table_has_its_test_and_every_test_its_row()
    {
        string[] named = [.. Row().Matches(Repository.Read($"{Folder}/SCENARIOS.md")).Select(row => row.Groups["test"].Value).Order(StringComparer.Ordinal)];
        string[] tests =
        [
            .. from file in Repository.Files(Folder, "*Tests.cs")
               from Match test in Test().Matches(Repository.Read(file))
               let name = $"{Path.GetFileNameWithoutExtension(file)}.{test.Groups["name"].Value}"
               orderby name
               select name,
        ];
        Assert.NotEmpty(named);
        Assert.Equal(tests.Order(StringComparer.Ordinal), named);
    }

    /// <summary>The mark is what leaves a test out on Kubernetes 1.20, and the row is what is said of it there.</summary>
    [Fact]
    public void A_row_of_a_current_Kubernetes_alone_has_a_test_that_is_marked_so_and_no_other_has()
    {
        string[] rows =
        [
            .. from row in Row().Matches(Repository.Read($"{Folder}/SCENARIOS.md"))
               where row.Groups["kubernetes"].Value == "current"
               orderby row.Groups["test"].Value
               select row.Groups["test"].Value,
        ];
        string[] marked =
        [
            .. from file in Repository.Files(Folder, "*Tests.cs")
               from Match test in Test().Matches(Repository.Read(file))
               where test.Value.Contains("""[Trait("kubernetes", "current")]""", StringComparison.Ordinal)
               let name = $"{Path.GetFileNameWithoutExtension(file)}.{test.Groups["name"].Value}"
               orderby name
               select name,
        ];
        Assert.NotEmpty(rows);
        Assert.Equal(rows, marked);
    }

    [GeneratedRegex(@"^\| .* \| (?:smoke|all) \| (?<kubernetes>[^|]*) \| .* \| `(?<test>\w+\.\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    // The attributes of a test stand between its mark and its signature.
    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^{;]*?public (?:async )?(?:Task|void) (?<name>\w+)\(")]
    private static partial Regex Test();
}
