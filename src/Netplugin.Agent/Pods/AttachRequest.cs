using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Agent.Pods;

/// <summary>A pod that wants its interfaces.</summary>
/// <param name="Key">Sandbox and interface.</param>
/// <param name="PodName">The pod's name.</param>
/// <param name="PodNamespace">Its namespace; empty when unknown.</param>
/// <param name="CniNetwork">Name of the CNI configuration; empty for the other origins.</param>
/// <param name="Origin">Who asks.</param>
internal sealed record AttachRequest(PodKey Key, string PodName, string PodNamespace, string CniNetwork, PodOrigin Origin)
{
    /// <summary>The pod's uid in Kubernetes; empty when the runtime does not tell it.</summary>
    public string PodUid { get; init; } = "";

    /// <summary>The node's ports that are to lead to it.</summary>
    public ImmutableArray<CniPortMapping> HostPorts { get; init; } = [];
}

/// <summary>It cannot be done now, and trying again later can help.</summary>
/// <param name="message">Why, for the operator.</param>
internal class NotReadyException(string message) : Exception(message);

/// <summary>A pod's labels, or its annotation, name a network that is not posted: it waits for it.</summary>
/// <param name="message">Which, for the operator.</param>
internal sealed class NetworkMissingException(string message) : NotReadyException(message);
