namespace Netplugin.Tests.Support;

/// <summary>Where the repository is that this program was built in.</summary>
public static class RepositoryRoot
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Path { get; } = Find();

    /// <summary>The path of a published program.</summary>
    /// <exception cref="FileNotFoundException">It has not been published: the message says how.</exception>
    public static string Program(string name)
    {
        string path = System.IO.Path.Combine(Path, "artifacts", "bin", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run make publish (make test does it).");
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "netplugin.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds netplugin.slnx.");
    }
}
