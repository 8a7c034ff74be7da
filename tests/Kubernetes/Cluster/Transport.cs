namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>What a question is carried by.</summary>
public enum Transport
{
    /// <summary>HTTP over TCP.</summary>
    Tcp,

    /// <summary>A datagram.</summary>
    Udp,
}
