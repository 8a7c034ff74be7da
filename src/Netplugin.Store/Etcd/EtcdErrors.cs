using Grpc.Core;

namespace Netplugin.Store.Etcd;

/// <summary>From gRPC status and etcd's own message to <see cref="StoreException"/>.</summary>
internal static class EtcdErrors
{
    // etcd answers these before it proposes anything to its log (etcd documentation, client design: "errors").
    private static readonly string[] NotProposed = ["no leader", "too many requests", "not capable"];

    public static StoreException Map(string operation, bool isWrite, RpcException e, EtcdOptions options)
    {
        var detail = Detail(e);
        var server = $"etcd at {options.Names}";
        return e.StatusCode switch
        {
            _ when WasDenied(e) =>
                New(StoreFailure.Denied, $"{server} cannot be talked to: {detail} Check the CA, client certificate and key files."),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied =>
                New(StoreFailure.Denied, $"{server} refused the request: {detail} Give the client certificate's user the rights on {StoreKeys.Root}."),
            _ when NeverConnected(e) || NotProposed.Any(text => e.Status.Detail.Contains(text, StringComparison.Ordinal)) =>
                New(StoreFailure.Unreachable, $"{server} cannot be reached: {detail}"),
            StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown when isWrite =>
                New(StoreFailure.OutcomeUnknown, $"{server} did not confirm the write: {detail}"),
            StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown =>
                New(StoreFailure.Unreachable, $"{server} did not answer: {detail}"),
            _ => New(StoreFailure.Refused, $"{server} refused: {detail}"),
        };

        StoreException New(StoreFailure reason, string message) => new(operation, reason, message, e);
    }

    /// <summary>True when no connection came about, so that the server saw nothing.</summary>
    public static bool NeverConnected(RpcException e) => Causes(e).OfType<EtcdConnectException>().Any();

    /// <summary>The revision asked for is compacted away or has not come yet: the history is not the one that was followed.</summary>
    public static bool IsOutOfHistory(RpcException e) => e.StatusCode == StatusCode.OutOfRange;

    public static bool IsLeaseGone(RpcException e) => e.StatusCode == StatusCode.NotFound;

    private static bool WasDenied(RpcException e) => Causes(e).Any(cause => cause is EtcdConnectException { Denied: true });

    private static string Detail(RpcException e)
    {
        var connect = Causes(e).OfType<EtcdConnectException>().FirstOrDefault();
        var text = connect?.Message ?? (e.StatusCode == StatusCode.DeadlineExceeded ? "no answer in time" : e.Status.Detail);
        return text.EndsWith('.') ? text : text + '.';
    }

    private static IEnumerable<Exception> Causes(RpcException e)
    {
        for (var cause = e.Status.DebugException ?? e.InnerException; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
