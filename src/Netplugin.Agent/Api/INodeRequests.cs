using Netplugin.Agent.Kernel;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Api;

/// <summary>What the node API's server asks of the daemon.</summary>
internal interface INodeRequests
{
    /// <summary>Answers a request with one reply.</summary>
    /// <param name="request">The request.</param>
    /// <param name="handed">The pod's namespace that came with it; null when none did. Stays the caller's.</param>
    /// <param name="cancellationToken">Cancelled when the client closed or the daemon stops.</param>
    Task<NodeReply> AnswerAsync(NodeRequest request, IPodNamespace? handed, CancellationToken cancellationToken);

    /// <summary>Serves a request that has as many replies as it takes: to the store, or to observe.</summary>
    Task ServeAsync(NodeRequest request, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed);
}
