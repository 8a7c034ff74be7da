using Netplugin.Core.Intents;

namespace Netplugin.Tests.Core;

/// <summary>The files of examples/, copied beside the tests.</summary>
internal static class ExampleFiles
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "examples");

    /// <summary>Paths of all intent files within the folder.</summary>
    public static string[] Intents { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path))
            .Where(path => !path.EndsWith("_bindings.json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static byte[] Bytes(string path) => File.ReadAllBytes(Path.Combine(Folder, path));

    public static Intent Intent(string path)
    {
        var result = IntentReader.Read(Bytes(path));
        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        return result.Value!;
    }
}
