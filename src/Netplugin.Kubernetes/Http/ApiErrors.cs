using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Http;

/// <summary>From what went wrong to <see cref="KubernetesException"/>. Neither headers nor bodies that were sent are part of a message.</summary>
internal static class ApiErrors
{
    // An error's body is a Status of some hundred bytes; a proxy's page may be anything.
    private const int MostBytesRead = 16 << 10;
    private const int MostCharactersTold = 500;

    // A server that asks for more is asked again all the same.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(1);

    public static async Task<KubernetesException> OfAsync(ApiRequest request, HttpResponseMessage response, ClusterAccess access, CancellationToken cancellationToken)
    {
        var told = await ReadMessageAsync(response, cancellationToken);
        var said = told.Length == 0 ? $"HTTP {(int)response.StatusCode}" : $"{told} (HTTP {(int)response.StatusCode})";
        var (reason, message) = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized =>
                (KubernetesFailure.Denied, $"the API server does not know these credentials: check the token or the client certificate of {access.Origin}. {said}"),
            HttpStatusCode.Forbidden =>
                (KubernetesFailure.Denied, $"RBAC lacks the verb \"{request.Verb}\" on \"{request.Resource ?? request.Path}\": add it to this client's role. {said}"),
            HttpStatusCode.NotFound => (KubernetesFailure.NotFound, said),
            HttpStatusCode.Conflict => (KubernetesFailure.Conflict, said),
            HttpStatusCode.Gone => (KubernetesFailure.Gone, said),
            HttpStatusCode.TooManyRequests => (KubernetesFailure.Busy, said),
            >= HttpStatusCode.InternalServerError => (KubernetesFailure.Unreachable, $"the API server failed: {said}"),
            _ => (KubernetesFailure.Refused, said),
        };
        return new(request.Operation, reason, message) { RetryAfter = RetryAfter(response) };
    }

    public static KubernetesException Of(ApiRequest request, ClusterAccess access, HttpRequestException e) => IsTls(e)
        ? new(
            request.Operation,
            KubernetesFailure.Denied,
            $"{access.Server.Authority} cannot be trusted: {Innermost(e)} Check the certificate authority of {access.Origin} and the name in the server's certificate.",
            e)
        : new(request.Operation, KubernetesFailure.Unreachable, $"{access.Server.Authority} cannot be reached: {Innermost(e)}", e);

    /// <summary>An answer that broke off.</summary>
    public static KubernetesException BrokenOff(ApiRequest request, Exception? e) =>
        new(request.Operation, KubernetesFailure.Unreachable, e is null ? "the answer broke off." : $"the answer broke off: {Innermost(e)}", e);

    /// <summary>An answer that is not what was asked for.</summary>
    public static KubernetesException Unreadable(ApiRequest request, JsonException e) =>
        new(request.Operation, KubernetesFailure.Unreadable, $"the answer cannot be read: {Cleaned(e.Message)}", e);

    public static bool IsTls(HttpRequestException e) => e.InnerException is AuthenticationException;

    /// <summary>A server's text in one line of bounded length.</summary>
    public static string Cleaned(string text) =>
        string.Concat(text.Take(MostCharactersTold).Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();

    private static async Task<string> ReadMessageAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var buffer = new byte[MostBytesRead];
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return Cleaned(JsonSerializer.Deserialize(buffer.AsSpan(0, length), ObjectJsonContext.Default.StatusDocument)?.Message ?? "");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return "";
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter?.Delta switch
    {
        null => null,
        var asked when asked > LongestRetryAfter => LongestRetryAfter,
        var asked => asked,
    };

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message.EndsWith('.') ? e.Message : e.Message + ".";
}
