namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>Objects that are built for tests alone.</summary>
internal static class TestObject
{
    /// <summary>With the test entries (bpf/test_entries.h).</summary>
    internal static byte[] Image { get; } = Read("datapath.test.bpf.o");

    /// <summary>With a wider entry for endpoints, as a later build might have.</summary>
    internal static byte[] Wide { get; } = Read("datapath.wide.bpf.o");

    private static byte[] Read(string name)
    {
        using var stream = typeof(TestObject).Assembly.GetManifestResourceStream(name)!;
        var image = new byte[stream.Length];
        stream.ReadExactly(image);
        return image;
    }
}
