namespace Netplugin.Linux.Sockets;

/// <summary>Who connected, as the kernel recorded it at connect(2); <c>SO_PEERCRED</c>, unix(7).</summary>
/// <param name="Process">Process id in our pid namespace; 0 when the peer is in one we cannot see.</param>
/// <param name="User">Effective user id.</param>
/// <param name="Group">Effective group id.</param>
public readonly record struct PeerCredentials(int Process, uint User, uint Group);
