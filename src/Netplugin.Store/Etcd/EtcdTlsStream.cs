using System.Net.Security;
using System.Net.Sockets;

namespace Netplugin.Store.Etcd;

/// <summary>
/// A TLS connection on which the member speaks first. With TLS 1.3 a member turns down the client's certificate only after the
/// client's handshake is over, in an alert; and if the client has written meanwhile what the member never reads, the kernel answers with a
/// reset that takes the alert with it, so that a refusal looks like a write of unknown outcome. An HTTP/2 server begins with its
/// SETTINGS (RFC 9113, 3.4) and sends them once it has accepted the certificate: so nothing is written before their first byte is there.
/// </summary>
internal sealed class EtcdTlsStream : Stream
{
    // A server may also wait for the client's first words: then no answer means nothing.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly SslStream _inner;
    private readonly Uri _endpoint;
    private readonly byte[] _firstByte = new byte[1];
    private Task<int>? _first;

    private EtcdTlsStream(SslStream inner, Uri endpoint)
    {
        _inner = inner;
        _endpoint = endpoint;
        _first = ReadFirstAsync();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits until the member has spoken; owns <paramref name="inner"/> once it returns.</summary>
    /// <exception cref="EtcdConnectException">The member refuses the client, or closed the connection.</exception>
    public static async Task<EtcdTlsStream> OpenAsync(SslStream inner, Uri endpoint, CancellationToken cancellationToken)
    {
        var stream = new EtcdTlsStream(inner, endpoint);
        var first = stream._first!;
        try
        {
            if (await first.WaitAsync(LongestWait, cancellationToken) == 0)
            {
                throw new EtcdConnectException(false, $"{endpoint.Authority}: the server closed the connection");
            }
        }
        catch (TimeoutException)
        {
            // Whoever reads hears what comes of it.
        }

        return stream;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_first is not { } first)
        {
            return await _inner.ReadAsync(buffer, cancellationToken);
        }

        var read = await first.WaitAsync(cancellationToken);
        if (buffer.IsEmpty)
        {
            // The HTTP client waits for data this way, before it takes a buffer for them.
            return 0;
        }

        _firstByte.AsSpan(0, read).CopyTo(buffer.Span);
        _first = null;
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => _inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadFirstAsync()
    {
        try
        {
            return await _inner.ReadAsync(_firstByte);
        }
        catch (IOException e) when (e.InnerException is not null and not SocketException)
        {
            throw new EtcdConnectException(
                true, $"{_endpoint.Authority}: the server refused this client's certificate, or its lack of one ({e.InnerException.Message})", e);
        }
    }
}
