using System.Text.RegularExpressions;

namespace Netplugin.Tests.Shape;

/// <summary>What a reader is promised to find.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Projects => [.. Repository.SourceProjects()];

    public static TheoryData<string> Packages =>
        [.. Repository.Attributes(Repository.ReadProject("Directory.Packages.props"), "PackageVersion", "Include")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_says_what_it_owns_and_what_it_must_never_do(string project)
    {
        string file = $"src/{project}/README.md";
        Assert.True(File.Exists(Path.Combine(Repository.Root, file)), $"{file} is missing.");
        string text = Repository.Read(file);
        Assert.Matches(Owns(), text);
        Assert.Matches(MustNever(), text);
        Assert.InRange(text.Split('\n').Length, 5, 60);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_its_reason_in_the_list_of_dependencies(string package) =>
        Assert.Contains($"**{package}**", Repository.Read("docs/dependencies.md"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_in_the_list_of_versions_is_used(string package) =>
        Assert.Contains(
            package,
            Repository.Files("", "*.csproj").Append("tests/Directory.Build.props").Append("Directory.Build.props")
                .SelectMany(file => Repository.Attributes(Repository.ReadProject(file), "PackageReference", "Include")));

    [Fact]
    public void The_changelog_has_a_section_for_what_is_not_yet_released() =>
        Assert.Contains("## Unreleased", Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);

    [Fact]
    public void The_readme_names_the_two_commands()
    {
        string text = Repository.Read("README.md");
        Assert.Contains("make demo", text, StringComparison.Ordinal);
        Assert.Contains("make test", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_between_the_documents_lead_somewhere()
    {
        IEnumerable<string> broken =
            from file in Repository.Files("", "*.md")
            from Match link in Link().Matches(Repository.Read(file))
            let target = link.Groups["target"].Value
            where !target.Contains(':', StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(file)!, target))
            select $"{file}: {target}";
        Assert.Empty(broken);
    }

    [GeneratedRegex(@"\bowns?\b", RegexOptions.IgnoreCase)]
    private static partial Regex Owns();

    [GeneratedRegex(@"\bmust never\b", RegexOptions.IgnoreCase)]
    private static partial Regex MustNever();

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)[^)]*\)")]
    private static partial Regex Link();
}
