using Netplugin.Tests.Support.Images;

namespace Netplugin.Demo.Pods;

/// <summary>The images of the demo's pods.</summary>
internal static class DemoImages
{
    /// <summary>redis and its tools.</summary>
    public const string Redis = "localhost/netplugin-demo/redis:1";

    // Named in demo/containerd.toml too: the runtime starts it to hold a pod's namespaces.
    private const string Pause = "localhost/netplugin-demo/pause:1";

    /// <summary>Writes an archive for each image.</summary>
    public static void Write(string folder)
    {
        ImageArchive.Write(Path.Combine(folder, "pause.tar"), Pause, [], ["/bin/sleep", "infinity"]);
        ImageArchive.Write(
            Path.Combine(folder, "redis.tar"),
            Redis,
            ["/usr/bin/redis-server", "/usr/bin/redis-cli", "/usr/bin/redis-benchmark"],
            ["redis-server", "--protected-mode", "no", "--save", ""]);
    }
}
