using System.Text;
using Netplugin.NodeApi.Messages;

namespace Netplugin.NodeApi.Cni;

/// <summary>From a CNI invocation to what the plugin process prints: judge, carry out, shape the answer.</summary>
public static class CniHandler
{
    /// <summary>Carries out an invocation. A <see cref="CniException"/> becomes an error object; anything else is the caller's to log and answer by <see cref="Fail"/>.</summary>
    public static async Task<NodeReply.Ran> RunAsync(NodeRequest.RunCni call, ICniPlugin plugin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(plugin);
        try
        {
            var request = CniRequest.Parse(call.Environment, call.Stdin);
            return new(0, await AnswerAsync(request, plugin, cancellationToken));
        }
        catch (CniException e)
        {
            return Fail(call, e);
        }
    }

    /// <summary>The answer for a call that failed; for what is not a <see cref="CniException"/> code 999, which only the daemon's log explains.</summary>
    public static NodeReply.Ran Fail(NodeRequest.RunCni call, Exception error)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(error);
        var told = error as CniException ?? new CniException(
            CniErrorCode.Internal, $"netplugin failed: {error.Message}", "see netplugin's log", error);
        return new(1, CniResultJson.WriteError(told, CniRequest.VersionFor(call.Stdin)));
    }

    private static async Task<string> AnswerAsync(CniRequest request, ICniPlugin plugin, CancellationToken cancellationToken)
    {
        switch (request.Command)
        {
            case CniCommand.Add:
                var made = await plugin.AddAsync(request, cancellationToken);
                made = made with { Dns = made.Dns ?? request.Dns };
                return CniResultJson.Write(request.Previous is { } previous ? made.After(previous) : made, request.Version);
            case CniCommand.Del:
                await plugin.DeleteAsync(request, cancellationToken);
                return "";
            case CniCommand.Check:
                var held = await plugin.CheckAsync(request, cancellationToken);
                var differences = held.DifferencesFrom(request.Previous!);
                return differences.IsEmpty
                    ? ""
                    : throw CniException.Damaged("the container is not as the runtime's prevResult says", string.Join("; ", differences));
            case CniCommand.Gc:
                await plugin.CollectAsync(request, cancellationToken);
                return "";
            case CniCommand.Status:
                await plugin.StatusAsync(request, cancellationToken);
                return "";
            default:
                return VersionAnswer(request.Version);
        }
    }

    private static string VersionAnswer(string version)
    {
        var text = new StringBuilder();
        text.Append("{\"cniVersion\":\"").Append(version).Append("\",\"supportedVersions\":[\"")
            .AppendJoin("\",\"", CniRules.Versions).Append("\"]}");
        return text.ToString();
    }
}
