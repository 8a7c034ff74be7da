namespace Netplugin.Linux.Netlink;

/// <summary>A message of a batch that failed.</summary>
/// <param name="Step">Its place in the batch, from 0.</param>
/// <param name="Error">What the kernel said.</param>
internal sealed record NetlinkFailure(int Step, KernelException Error);
