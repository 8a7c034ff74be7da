namespace Netplugin.Agent.Resolve;

/// <summary>A pod cannot be given its endpoints; the message is for the operator and says what to do.</summary>
/// <param name="failure">Which rule refused.</param>
/// <param name="message">The sentence.</param>
internal sealed class ResolveException(ResolveFailure failure, string message) : Exception(message)
{
    /// <summary>Which rule refused.</summary>
    public ResolveFailure Failure { get; } = failure;
}

/// <summary>Why a pod has no endpoint. The values are CNI error codes (100 and up are a plugin's own).</summary>
internal enum ResolveFailure
{
    /// <summary>No endpoint is posted for the container's name.</summary>
    NotPosted = 100,

    /// <summary>Endpoints in several tenants, none of which is the pod's namespace.</summary>
    Ambiguous = 101,

    /// <summary>The operator homed the endpoint on another host or container.</summary>
    HomedElsewhere = 102,

    /// <summary>The network's encapsulation is not one this version carries.</summary>
    Unsupported = 103,

    /// <summary>The node's block has no free address.</summary>
    Exhausted = 104,

    /// <summary>A port of the node cannot lead to the pod.</summary>
    HostPort = 105,

    /// <summary>No address of a network that the pod's labels or annotation name is free.</summary>
    NetworkExhausted = 106,

    /// <summary>A label has a value that is no name.</summary>
    BadLabel = 107,

    /// <summary>The annotation of networks asks for what cannot be.</summary>
    BadAnnotation = 108,

    /// <summary>The address, or the Ethernet address, that the annotation asks for cannot be had.</summary>
    AddressUnavailable = 109,
}
