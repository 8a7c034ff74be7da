using System.Text;
using Netplugin.Linux;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Sockets;
using Netplugin.Tests.Linux.Kernel;

namespace Netplugin.Tests.Linux.Sockets;

public sealed class UnixConnectionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("np-socket-");

    private string SocketPath => Path.Combine(_folder.FullName, "a.sock");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_namespace_travels_with_the_first_byte()
    {
        using var listener = UnixListener.Listen(SocketPath);
        using var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
        using var server = await listener.AcceptAsync(Cancel);
        using var sent = NetworkNamespace.CreateAnonymous();

        await client.SendAsync("hello"u8.ToArray(), sent.Handle, Cancel);

        var buffer = new byte[5];
        await server.Stream.ReadExactlyAsync(buffer, Cancel);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer));
        using var received = NetworkNamespace.FromHandle(server.TakeDescriptor()!);
        Assert.Equal(sent.Id, received.Id);
        Assert.Null(server.TakeDescriptor());
    }

    [Fact]
    public async Task Bytes_without_a_descriptor_flow_both_ways_and_end()
    {
        using var listener = UnixListener.Listen(SocketPath);
        using var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
        using var server = await listener.AcceptAsync(Cancel);
        var large = new byte[1 << 20];
        Random.Shared.NextBytes(large);

        var sending = client.Stream.WriteAsync(large, Cancel);
        var received = new byte[large.Length];
        await server.Stream.ReadExactlyAsync(received, Cancel);
        await sending;
        Assert.Equal(large, received);
        Assert.Null(server.TakeDescriptor());
        await server.Stream.WriteAsync("ok"u8.ToArray(), Cancel);
        server.CompleteSending();
        using var reader = new StreamReader(client.Stream);
        Assert.Equal("ok", await reader.ReadToEndAsync(Cancel));
        client.Dispose();
        Assert.Equal(0, await server.Stream.ReadAsync(received, Cancel));
    }

    [Fact]
    public async Task The_peers_identity_is_known()
    {
        using var listener = UnixListener.Listen(SocketPath);
        using var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
        using var server = await listener.AcceptAsync(Cancel);

        Assert.Equal(new PeerCredentials(Environment.ProcessId, 0, 0), server.Peer);
    }

    [Fact]
    public void The_socket_is_the_owners_alone()
    {
        using var listener = UnixListener.Listen(SocketPath);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public async Task What_a_killed_daemon_left_is_replaced_and_a_second_daemon_refused()
    {
        await File.WriteAllTextAsync(SocketPath, "left over", Cancel);
        using (var first = UnixListener.Listen(SocketPath))
        {
            var error = Assert.Throws<KernelException>(() => UnixListener.Listen(SocketPath));
            Assert.Equal(KernelErrorKind.Busy, error.Kind);
            using var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
            using var server = await first.AcceptAsync(Cancel);
        }

        Assert.False(File.Exists(SocketPath));
        using var again = UnixListener.Listen(SocketPath);
    }

    [Fact]
    public void A_path_too_long_for_a_socket_is_refused_with_its_limit()
    {
        var error = Assert.Throws<ArgumentException>(() => UnixListener.Listen("/" + new string('x', 103)));

        Assert.Contains("103 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_one_descriptor_is_refused_and_none_is_kept()
    {
        using var listener = UnixListener.Listen(SocketPath);
        using var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
        using var server = await listener.AcceptAsync(Cancel);
        using var file = File.OpenHandle("/dev/null");
        var before = Descriptors.Count();

        ManyDescriptors.Send(client, [file, file, file]);

        await Assert.ThrowsAsync<InvalidDataException>(async () => await server.Stream.ReadExactlyAsync(new byte[1], Cancel));
        Assert.Null(server.TakeDescriptor());
        Assert.Equal(before, Descriptors.Count());
    }

    [Fact]
    public async Task A_descriptor_nobody_takes_is_closed_with_the_connection()
    {
        using var listener = UnixListener.Listen(SocketPath);
        using var file = File.OpenHandle("/dev/null");
        var client = await UnixConnection.ConnectAsync(SocketPath, Cancel);
        var server = await listener.AcceptAsync(Cancel);
        var before = Descriptors.Count();

        await client.SendAsync("x"u8.ToArray(), file, Cancel);
        await server.Stream.ReadExactlyAsync(new byte[1], Cancel);
        Assert.Equal(before + 1, Descriptors.Count());
        server.Dispose();
        client.Dispose();

        Assert.Equal(before - 2, Descriptors.Count());
    }
}
