namespace Netplugin.NodeApi.Cni;

/// <summary>
/// What CNI asks of the daemon, after <see cref="CniHandler"/> judged the request. Every member may throw <see cref="CniException"/>
/// for the error object it wants answered.
/// </summary>
public interface ICniPlugin
{
    /// <summary>Attaches the container and answers with what it made; other plugins' results are merged by the handler.</summary>
    Task<CniResult> AddAsync(CniRequest request, CancellationToken cancellationToken);

    /// <summary>Detaches; succeeds when nothing is there.</summary>
    Task DeleteAsync(CniRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Verifies that the attachment is in the kernel as ADD made it and answers with what it holds; the handler compares that
    /// with <c>prevResult</c>.
    /// </summary>
    Task<CniResult> CheckAsync(CniRequest request, CancellationToken cancellationToken);

    /// <summary>Detaches what was attached under <see cref="CniRequest.NetworkName"/> and is not in <see cref="CniRequest.ValidAttachments"/>.</summary>
    Task CollectAsync(CniRequest request, CancellationToken cancellationToken);

    /// <summary>Returns when ADD can be served; else throws with code 50 or 51 and the reason.</summary>
    Task StatusAsync(CniRequest request, CancellationToken cancellationToken);
}
