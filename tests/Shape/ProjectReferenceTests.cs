using System.Text.RegularExpressions;

namespace Netplugin.Tests.Shape;

/// <summary>The projects point one way: docs/architecture.md says which may reference which, and it is the test's own table.</summary>
public sealed partial class ProjectReferenceTests
{
    public static TheoryData<string> Projects => [.. Repository.SourceProjects()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_architecture_allows(string project)
    {
        Dictionary<string, HashSet<string>> allowed = Table();
        Assert.True(allowed.ContainsKey(project), $"docs/architecture.md has no row for {project} in its table of projects.");
        string file = $"src/{project}/{project}.csproj";
        IEnumerable<string> referenced = Repository
            .Attributes(Repository.ReadProject(file), "ProjectReference", "Include")
            .Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Empty(referenced.Except(allowed[project]));
    }

    [Fact]
    public void Every_row_of_the_architecture_names_a_project_that_exists() =>
        Assert.Empty(Table().Keys.Except(Repository.SourceProjects()));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string[] inSolution = [.. Repository.Attributes(Repository.ReadProject("netplugin.slnx"), "Project", "Path").Order(StringComparer.Ordinal)];
        Assert.Equal(Repository.Files("", "*.csproj").Order(StringComparer.Ordinal), inSolution);
    }

    private static Dictionary<string, HashSet<string>> Table()
    {
        var table = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(Repository.Read("docs/architecture.md")))
        {
            string references = row.Groups["references"].Value;
            IEnumerable<string> named = references.Contains("all of the above", StringComparison.Ordinal)
                ? table.Keys
                : Name().Matches(references).Select(match => match.Value).Where(name => name.Length > 0);
            HashSet<string> full = [.. named.Select(name => name.StartsWith("Netplugin.", StringComparison.Ordinal) ? name : "Netplugin." + name)];
            full.IntersectWith(Repository.SourceProjects());
            table.Add(row.Groups["project"].Value, full);
        }

        return table;
    }

    [GeneratedRegex(@"^\| `(?<project>[A-Za-z0-9.]+)`[^|]*\|[^|]*\| (?<references>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("[A-Z][A-Za-z.]*")]
    private static partial Regex Name();
}
