using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Netplugin.Bench;

/// <summary>
/// Times a program as a whole process, from posix_spawn(3) to waitpid(2). The framework's Process class adds a millisecond of its
/// own, which would flatter the slower side of a ratio.
/// </summary>
internal static unsafe partial class SpawnTimer
{
    /// <summary>Runs <paramref name="program"/> with standard input from a file and standard output to a file.</summary>
    /// <returns>Wall time in milliseconds.</returns>
    /// <exception cref="InvalidOperationException">It could not start or did not exit with 0; the message holds its output.</exception>
    public static double Run(string program, IReadOnlyList<string> environment, string inputFile, string outputFile)
    {
        using var path = new NativeText(program);
        using var input = new NativeText(inputFile);
        using var output = new NativeText(outputFile);
        var variables = environment.Select(text => new NativeText(text)).ToArray();
        var argv = stackalloc byte*[2] { path.Pointer, null };
        var envp = stackalloc byte*[variables.Length + 1];
        for (var i = 0; i < variables.Length; i++)
        {
            envp[i] = variables[i].Pointer;
        }

        envp[variables.Length] = null;
        var actions = stackalloc byte[256]; // posix_spawn_file_actions_t is 80 bytes in glibc
        Check(FileActionsInit(actions), "posix_spawn_file_actions_init");
        Check(FileActionsAddOpen(actions, 0, input.Pointer, 0, 0), "addopen stdin");
        const int writeCreateTruncate = 1 | 0x40 | 0x200; // O_WRONLY | O_CREAT | O_TRUNC
        Check(FileActionsAddOpen(actions, 1, output.Pointer, writeCreateTruncate, 0x180), "addopen stdout");
        var started = Stopwatch.GetTimestamp();
        int pid, status;
        Check(PosixSpawn(&pid, path.Pointer, actions, null, argv, envp), $"posix_spawn {program}");
        while (WaitPid(pid, &status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != 4) // EINTR
            {
                throw new InvalidOperationException($"waitpid: errno {Marshal.GetLastPInvokeError()}");
            }
        }

        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Check(FileActionsDestroy(actions), "posix_spawn_file_actions_destroy");
        foreach (var variable in variables)
        {
            variable.Dispose();
        }

        return status == 0 ? milliseconds : throw new InvalidOperationException($"{program}: status {status}: {File.ReadAllText(outputFile)}");
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"{what}: errno {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int FileActionsAddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, int* status, int options);

    /// <summary>Zero-terminated UTF-8 text outside the garbage collector's reach.</summary>
    private sealed class NativeText : IDisposable
    {
        public NativeText(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Pointer = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(Pointer, bytes.Length));
            Pointer[bytes.Length] = 0;
        }

        public byte* Pointer { get; }

        public void Dispose() => NativeMemory.Free(Pointer);
    }
}
