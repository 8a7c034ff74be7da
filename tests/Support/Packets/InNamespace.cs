using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Tests.Support.Packets;

/// <summary>
/// Opens things in another network namespace. What was opened there, a socket, stays there and may be used from any thread.
/// </summary>
public static partial class InNamespace
{
    private const int CloneNewNet = 0x40000000;

    /// <summary>Runs a function in a namespace, on a thread of its own that ends with it: a pool thread would stay in there.</summary>
    /// <param name="path">The namespace's file.</param>
    /// <param name="open">The function; it must not use tasks.</param>
    public static T Open<T>(string path, Func<T> open)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle file = File.OpenHandle(path);
                if (SetNamespace(file, CloneNewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError(), $"setns {path}");
                }

                result = open();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>setns(2).</summary>
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int type);
}
