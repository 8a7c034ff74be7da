using Netplugin.Linux;
using Netplugin.Linux.Namespaces;
using Netplugin.Tests.Linux.Kernel;

namespace Netplugin.Tests.Linux.Namespaces;

public sealed class NetworkNamespaceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("np-ns-");

    private string NamespacePath => Path.Combine(_folder.FullName, "pod");

    public void Dispose()
    {
        NetworkNamespace.Remove(NamespacePath);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_bound_namespace_is_the_same_by_path_and_by_descriptor()
    {
        using var made = NetworkNamespace.CreateBound(NamespacePath);
        using var opened = NetworkNamespace.Open(NamespacePath);
        using var other = NetworkNamespace.CreateAnonymous();
        using var own = NetworkNamespace.OpenOwn();

        Assert.Equal(made.Id, opened.Id);
        Assert.Equal(3, new[] { made.Id, other.Id, own.Id }.Distinct().Count());
    }

    [Fact]
    public void A_path_that_is_gone_or_no_namespace_any_more_is_not_found()
    {
        using (NetworkNamespace.CreateBound(NamespacePath))
        {
            Assert.True(NetworkNamespace.TryOpen(NamespacePath, out var found));
            found.Dispose();
        }

        NetworkNamespace.Remove(NamespacePath);
        Assert.False(NetworkNamespace.TryOpen(NamespacePath, out _));
        File.WriteAllText(NamespacePath, string.Empty);
        Assert.False(NetworkNamespace.TryOpen(NamespacePath, out _));
        Assert.Equal(KernelErrorKind.NotFound, Assert.Throws<KernelException>(() => NetworkNamespace.Open(NamespacePath)).Kind);
    }

    [Fact]
    public void A_namespace_of_another_kind_is_refused()
    {
        var error = Assert.Throws<KernelException>(() => NetworkNamespace.Open("/proc/self/ns/mnt"));

        Assert.Equal(KernelErrorKind.Invalid, error.Kind);
    }

    [Fact]
    public void Work_runs_inside_and_its_result_and_errors_come_back()
    {
        using var pod = NetworkNamespace.CreateAnonymous();

        Assert.Equal(pod.Id, pod.Run(Current));
        var error = Assert.Throws<InvalidOperationException>(() => pod.Run<int>(() => throw new InvalidOperationException("inside")));
        Assert.Equal("inside", error.Message);
        Assert.NotEqual(pod.Id, Current());
        Assert.Throws<InvalidOperationException>(() => pod.Run(() => pod.Run(Current)));
    }

    [Fact]
    public async Task No_pool_thread_ends_up_in_another_namespace()
    {
        using var pod = NetworkNamespace.CreateAnonymous();
        var home = Current();

        // More work than threads, so that the pool makes new ones while visits are going on.
        var seen = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() =>
        {
            Assert.Equal(pod.Id, pod.Run(Current));
            return Current();
        })));

        Assert.All(seen, id => Assert.Equal(home, id));
    }

    [Fact]
    public void Making_links_and_dropping_them_leaves_no_descriptor_open()
    {
        Cycle();
        var before = Descriptors.Count();

        for (var i = 0; i < 10; i++)
        {
            Cycle();
        }

        Assert.Equal(before, Descriptors.Count());
    }

    private static void Cycle()
    {
        using var node = new TestNode();
        using var pod = NetworkNamespace.CreateAnonymous();
        using var link = node.Up(TestNode.Spec(), pod);
        Assert.Empty(node.Driver.Check(TestNode.Spec(), pod));
        Assert.Throws<KernelException>(() => node.Driver.Create(TestNode.Spec(2) with { Mtu = 1 }, pod, node.Filters));
        Assert.False(NetworkNamespace.TryOpen("/nowhere", out _));
        Assert.Throws<KernelException>(() => NetworkNamespace.FromHandle(File.OpenHandle("/dev/null")));
    }

    private static NamespaceId Current()
    {
        using var own = NetworkNamespace.OpenOwn();
        return own.Id;
    }
}
