using System.Xml.Linq;

namespace Netplugin.Tests.Shape;

/// <summary>The files of the repository that these tests run from.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", "artifacts", ".git", ".vs", ".vscode", "TestResults"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Paths, relative to the root, of all files under a folder that were not built.</summary>
    public static IEnumerable<string> Files(string folder = "", string pattern = "*")
    {
        string full = Path.Combine(Root, folder);
        if (!Directory.Exists(full))
        {
            yield break;
        }

        foreach (string file in Directory.EnumerateFiles(full, pattern))
        {
            yield return Path.GetRelativePath(Root, file);
        }

        foreach (string child in Directory.EnumerateDirectories(full).Where(child => !Skipped.Contains(Path.GetFileName(child))))
        {
            foreach (string file in Files(Path.GetRelativePath(Root, child), pattern))
            {
                yield return file;
            }
        }
    }

    /// <summary>Folders directly under src, which are the projects.</summary>
    public static IEnumerable<string> SourceProjects() =>
        Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static XDocument ReadProject(string file) => XDocument.Parse(Read(file));

    /// <summary>The value of an attribute of every element of that name.</summary>
    public static IEnumerable<string> Attributes(XDocument project, string element, string attribute) =>
        project.Descendants(element).Select(found => found.Attribute(attribute)?.Value).OfType<string>();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "netplugin.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds netplugin.slnx.");
    }
}
