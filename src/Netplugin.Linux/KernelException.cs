using System.Runtime.InteropServices;

namespace Netplugin.Linux;

/// <summary>The kernel refused something: what was tried, on what, and what the kernel said.</summary>
public sealed class KernelException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="operation">What was tried, as a verb phrase that follows "cannot": <c>create the link</c>.</param>
    /// <param name="subject">What it was tried on: a device, a path.</param>
    /// <param name="errno">The error number, positive; see errno(3).</param>
    /// <param name="detail">The kernel's own words, such as the text of a netlink extended acknowledgement; null when it gave none.</param>
    /// <param name="inner">A cause, if there is one.</param>
    public KernelException(string operation, string subject, int errno, string? detail = null, Exception? inner = null)
        : base(Describe(operation, subject, errno, detail), inner)
    {
        Operation = operation;
        Subject = subject;
        Errno = errno;
        Detail = detail;
    }

    /// <summary>What was tried, as a verb phrase.</summary>
    public string Operation { get; }

    /// <summary>What it was tried on.</summary>
    public string Subject { get; }

    /// <summary>The error number, positive; see errno(3).</summary>
    public int Errno { get; }

    /// <summary>The kernel's own words; null when it gave none.</summary>
    public string? Detail { get; }

    /// <summary>What the error number means to a caller.</summary>
    public KernelErrorKind Kind => Errno switch
    {
        Interop.Errno.NoEntry or Interop.Errno.NoDevice or Interop.Errno.NoProcess => KernelErrorKind.NotFound,
        Interop.Errno.Exists or Interop.Errno.AddressInUse => KernelErrorKind.Exists,
        Interop.Errno.Busy or Interop.Errno.Again => KernelErrorKind.Busy,
        Interop.Errno.NotSupportedOperation or Interop.Errno.NotSupported or Interop.Errno.FamilyNotSupported
            or Interop.Errno.ProtocolNotSupported or Interop.Errno.NotTty => KernelErrorKind.Unsupported,
        Interop.Errno.Invalid or Interop.Errno.Range => KernelErrorKind.Invalid,
        Interop.Errno.Perm or Interop.Errno.Access => KernelErrorKind.Denied,
        Interop.Errno.NoMemory or Interop.Errno.NoSpace or Interop.Errno.NoBuffers => KernelErrorKind.Exhausted,
        _ => KernelErrorKind.Other,
    };

    /// <summary>True when the same request may succeed later without anything else being changed.</summary>
    public bool IsTransient => Errno is Interop.Errno.Again or Interop.Errno.Busy or Interop.Errno.Interrupted
        or Interop.Errno.NoBuffers or Interop.Errno.NoMemory or Interop.Errno.TimedOut;

    /// <summary>Makes the exception from the error number the last call of this thread left behind.</summary>
    internal static KernelException FromLastError(string operation, string subject) =>
        new(operation, subject, Marshal.GetLastPInvokeError());

    private static string Describe(string operation, string subject, int errno, string? detail)
    {
        var number = $"{Marshal.GetPInvokeErrorMessage(errno)}, {Interop.Errno.Name(errno)}";
        var target = subject.Length == 0 ? operation : $"{operation} {subject}";
        return detail is null ? $"cannot {target}: {number}" : $"cannot {target}: {detail} ({number})";
    }
}
