namespace Netplugin.Linux.Interop;

/// <summary>Error numbers, errno(3) and <c>asm-generic/errno.h</c>: the same on x86-64 and arm64.</summary>
internal static class Errno
{
    internal const int Perm = 1;
    internal const int NoEntry = 2;
    internal const int NoProcess = 3;
    internal const int Interrupted = 4;
    internal const int TooBig = 7;
    internal const int BadDescriptor = 9;
    internal const int Again = 11;
    internal const int NoMemory = 12;
    internal const int Access = 13;
    internal const int Busy = 16;
    internal const int Exists = 17;
    internal const int NoDevice = 19;
    internal const int Invalid = 22;
    internal const int NotTty = 25;
    internal const int NoSpace = 28;
    internal const int Range = 34;
    internal const int Overflow = 75;
    internal const int NotSupportedOperation = 95;
    internal const int ProtocolNotSupported = 93;
    internal const int FamilyNotSupported = 97;
    internal const int AddressInUse = 98;
    internal const int AddressNotAvailable = 99;
    internal const int NetDown = 100;
    internal const int NetUnreachable = 101;
    internal const int NoBuffers = 105;
    internal const int TimedOut = 110;
    internal const int ConnectionRefused = 111;
    internal const int NotSupported = 524;

    /// <summary>The symbol an operator can search for, such as <c>ENODEV</c>; the number where this table has none.</summary>
    internal static string Name(int errno) => errno switch
    {
        Perm => "EPERM",
        NoEntry => "ENOENT",
        NoProcess => "ESRCH",
        Interrupted => "EINTR",
        TooBig => "E2BIG",
        BadDescriptor => "EBADF",
        Again => "EAGAIN",
        NoMemory => "ENOMEM",
        Access => "EACCES",
        Busy => "EBUSY",
        Exists => "EEXIST",
        NoDevice => "ENODEV",
        Invalid => "EINVAL",
        NotTty => "ENOTTY",
        NoSpace => "ENOSPC",
        Range => "ERANGE",
        Overflow => "EOVERFLOW",
        NotSupportedOperation => "EOPNOTSUPP",
        ProtocolNotSupported => "EPROTONOSUPPORT",
        FamilyNotSupported => "EAFNOSUPPORT",
        AddressInUse => "EADDRINUSE",
        AddressNotAvailable => "EADDRNOTAVAIL",
        NetDown => "ENETDOWN",
        NetUnreachable => "ENETUNREACH",
        NoBuffers => "ENOBUFS",
        TimedOut => "ETIMEDOUT",
        ConnectionRefused => "ECONNREFUSED",
        NotSupported => "ENOTSUPP",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"errno {errno}"),
    };
}
