namespace Netplugin.Linux;

/// <summary>What a kernel error means to a caller that has to decide what to do next.</summary>
public enum KernelErrorKind
{
    /// <summary>None of the others; the number is in <see cref="KernelException.Errno"/>.</summary>
    Other,

    /// <summary>The thing is not there (ENOENT, ENODEV, ESRCH).</summary>
    NotFound,

    /// <summary>A thing of that name or key is there already (EEXIST, EADDRINUSE).</summary>
    Exists,

    /// <summary>In use, or the kernel asks to try again (EBUSY, EAGAIN).</summary>
    Busy,

    /// <summary>This kernel cannot do it (EOPNOTSUPP, ENOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT, ENOTTY).</summary>
    Unsupported,

    /// <summary>The kernel refuses the request as malformed (EINVAL, ERANGE).</summary>
    Invalid,

    /// <summary>The process lacks a capability (EPERM, EACCES).</summary>
    Denied,

    /// <summary>Out of memory, space or buffers (ENOMEM, ENOSPC, ENOBUFS).</summary>
    Exhausted,
}
