namespace Netplugin.NodeApi;

/// <summary>
/// The node API's wire format, shared with k8contivnet by linking this one file. A stream socket carries frames: 4 bytes
/// length (network order), then that many bytes of UTF-8 JSON. A client sends one request frame; the daemon answers with one
/// frame (or, for a request that streams, several) and closes. The pod's namespace travels as a descriptor (SCM_RIGHTS)
/// with the first byte of the request.
/// </summary>
internal static class NodeProtocol
{
    /// <summary>In every request as <c>"v"</c>; a daemon answers another version with an error that names both.</summary>
    public const int Version = 1;

    /// <summary>Where the daemon listens unless told otherwise.</summary>
    public const string DefaultSocket = "/run/netplugin/netplugin.sock";

    /// <summary>Environment variable with another socket path.</summary>
    public const string SocketVariable = "NETPLUGIN_SOCKET";

    /// <summary>Folder beside the socket where k8contivnet leaves a DEL that found no daemon.</summary>
    public const string PendingFolder = "pending";

    /// <summary>Largest frame in bytes: a CNI configuration is a few hundred; a store answer may be large.</summary>
    public const int MaxFrame = 64 << 20;

    /// <summary>Largest frame a daemon reads from k8contivnet, in bytes.</summary>
    public const int MaxRuntimeFrame = 1 << 20;
}
