using System.ComponentModel;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Tests.Support.Processes;

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

    /// <summary>A path by which other processes open a namespace that this process holds.</summary>
    public static string PathOf(SafeFileHandle held) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{held.DangerousGetHandle()}");

    /// <summary>Runs a program in a namespace to its end, which must be a good one.</summary>
    /// <param name="path">The namespace's file.</param>
    /// <param name="commandLine">The program and its arguments.</param>
    /// <returns>What it printed.</returns>
    public static string Run(string path, params string[] commandLine) => Command.Run("nsenter", ["--net=" + path, .. commandLine]).Succeeded();

    /// <summary>setns(2).</summary>
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int type);
}
