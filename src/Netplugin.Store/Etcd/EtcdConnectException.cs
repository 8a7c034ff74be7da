namespace Netplugin.Store.Etcd;

/// <summary>No connection to any member came about, so nothing was sent. Travels inside the HTTP client's exceptions.</summary>
/// <param name="denied">True when a member answered but one side's certificate was refused.</param>
/// <param name="message">What failed at which member.</param>
/// <param name="inner">The cause.</param>
internal sealed class EtcdConnectException(bool denied, string message, Exception? inner = null) : IOException(message, inner)
{
    public bool Denied { get; } = denied;
}
