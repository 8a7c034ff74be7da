namespace Netplugin.Linux.Namespaces;

/// <summary>Whether the calling thread's namespace routes packets of others.</summary>
public static class Forwarding
{
    /// <summary>Makes sure that it does, of one family; returns whether that had to be changed.</summary>
    /// <param name="isV4">IPv4, else IPv6.</param>
    /// <exception cref="KernelException">The setting is read-only, or there is no such family.</exception>
    public static bool Enable(bool isV4)
    {
        var name = isV4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
        try
        {
            return NetworkSettings.Set(name, "1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KernelException("turn forwarding on by /proc/sys/net/", name, Interop.Errno.Access, $"{e.Message}; set it to 1, or let netplugin");
        }
    }
}
