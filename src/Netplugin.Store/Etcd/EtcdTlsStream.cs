using System.Net.Security;
using System.Net.Sockets;

namespace Netplugin.Store.Etcd;

/// <summary>
/// A TLS connection that remembers being refused. With TLS 1.3 a member turns down the client's certificate only after the
/// handshake, in an alert that the first read meets; the HTTP client then closes the stream and reports no more than that it is
/// closed. So what the first read met is said again to whoever uses the stream after.
/// </summary>
internal sealed class EtcdTlsStream(SslStream inner, Uri endpoint) : Stream
{
    private bool _received;
    private EtcdConnectException? _refusal;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            _received |= read > 0;
            return read;
        }
        catch (IOException e) when (!_received && e.InnerException is not null and not SocketException)
        {
            _refusal = new(true, $"{endpoint.Authority}: the server refused this client's certificate, or its lack of one ({e.InnerException.Message})", e);
            throw _refusal;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is ObjectDisposedException or IOException && _refusal is not null)
        {
            throw new EtcdConnectException(true, _refusal.Message, _refusal);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
