using System.Text.Json;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Client;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Node;

/// <summary>Asks the daemon that runs on this node how it is, for who watches over it: a sentence and whether it is well.</summary>
internal static class NodeProbe
{
    /// <summary>That it answers.</summary>
    public const string Live = "live";

    /// <summary>That pods can be attached.</summary>
    public const string Ready = "ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks.</summary>
    /// <param name="what"><see cref="Live"/> or <see cref="Ready"/>.</param>
    /// <param name="socket">The daemon's socket.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public static async Task<(bool IsWell, string Sentence)> RunAsync(string what, string socket, CancellationToken cancellationToken)
    {
        var client = new NodeClient(socket, Patience);
        try
        {
            if (what == Live)
            {
                var status = await client.AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), cancellationToken);
                return (true, $"netplugin on {status.Node.Host} answers: {status.Node.State}");
            }

            var question = new NodeRequest.RunCni(new CniEnvironment("STATUS"), """{"cniVersion":"1.1.0","name":"netplugin","type":"k8contivnet"}""");
            var answer = await client.AskAsync<NodeReply.Ran>(question, cancellationToken);
            return answer.Exit == 0 ? (true, "pods can be attached") : (false, SentenceOf(answer.Stdout));
        }
        catch (NodeApiException e)
        {
            return (false, e.Message);
        }
    }

    // CNI's error object.
    private static string SentenceOf(string error)
    {
        using var json = JsonDocument.Parse(error);
        var message = json.RootElement.GetProperty("msg").GetString();
        return json.RootElement.TryGetProperty("details", out var details) ? $"{message}: {details.GetString()}" : message!;
    }
}
