using System.Text;

namespace K8contivnet.Interop;

/// <summary>Whole operations on descriptors and paths: repeated when interrupted, with an <see cref="IOException"/> that says what failed.</summary>
internal static unsafe class Posix
{
    /// <summary>Opens a file.</summary>
    /// <returns>The descriptor, or the negative errno.</returns>
    public static int Open(string path, int flags, uint mode = 0)
    {
        fixed (byte* name = Path(path))
        {
            int descriptor;
            do
            {
                descriptor = Libc.Open(name, flags | Libc.CloseOnExec, mode);
            }
            while (descriptor < 0 && Libc.LastError == Libc.Interrupted);
            return descriptor < 0 ? -Libc.LastError : descriptor;
        }
    }

    /// <summary>Reads until the end.</summary>
    /// <param name="descriptor">What to read.</param>
    /// <param name="limit">Most bytes to take; null is answered when there are more.</param>
    public static byte[]? ReadAll(int descriptor, int limit)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
            }

            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.Read(descriptor, start + length, buffer.Length - length);
            }

            if (got == 0)
            {
                return buffer[..length];
            }

            if (got < 0 && Libc.LastError != Libc.Interrupted)
            {
                throw Failed("read", Libc.LastError);
            }

            length += (int)Math.Max(got, 0);
            if (length > limit)
            {
                return null;
            }
        }
    }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="IOException">The end came first, or the time limit set on a socket.</exception>
    public static void ReadExactly(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var got = Libc.Read(descriptor, start + done, buffer.Length - done);
                if (got == 0)
                {
                    throw new IOException("the daemon closed the connection without an answer");
                }

                if (got < 0 && Libc.LastError != Libc.Interrupted)
                {
                    throw Libc.LastError == Libc.Again
                        ? new IOException("the daemon did not answer in time")
                        : Failed("read", Libc.LastError);
                }

                done += (int)Math.Max(got, 0);
            }
        }
    }

    /// <summary>Writes everything.</summary>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var put = Libc.Write(descriptor, start + done, bytes.Length - done);
                if (put < 0 && Libc.LastError != Libc.Interrupted)
                {
                    throw Failed("write", Libc.LastError);
                }

                done += Math.Max(put, 0);
            }
        }
    }

    /// <summary>Makes a folder only root may enter, unless there is one.</summary>
    public static void MakeDirectory(string path)
    {
        fixed (byte* name = Path(path))
        {
            if (Libc.MakeDirectory(name, 0x1c0 /* 0700 */) < 0 && Libc.LastError != Libc.Exists)
            {
                throw Failed("mkdir " + path, Libc.LastError);
            }
        }
    }

    /// <summary>Moves a file over another.</summary>
    public static void Rename(string from, string to)
    {
        fixed (byte* old = Path(from))
        fixed (byte* now = Path(to))
        {
            if (Libc.Rename(old, now) < 0)
            {
                throw Failed("rename to " + to, Libc.LastError);
            }
        }
    }

    /// <summary>Removes a file, if there is one.</summary>
    public static void Unlink(string path)
    {
        fixed (byte* name = Path(path))
        {
            if (Libc.Unlink(name) < 0 && Libc.LastError != Libc.NotFound)
            {
                throw Failed("unlink " + path, Libc.LastError);
            }
        }
    }

    /// <summary>Forces a file, or a folder's entries, to the disk.</summary>
    public static void Fsync(int descriptor)
    {
        if (Libc.Fsync(descriptor) < 0)
        {
            throw Failed("fsync", Libc.LastError);
        }
    }

    /// <summary>A name for an errno (errno(3)) that an operator can look up.</summary>
    public static string Describe(int error) => error switch
    {
        1 => "EPERM",
        2 => "no such file",
        13 => "permission denied",
        20 => "not a folder",
        28 => "no space left",
        30 => "read-only file system",
        111 => "connection refused",
        _ => "errno " + (uint)error, // unsigned: text without a culture, which would add its tables
    };

    public static IOException Failed(string what, int error) => new(what + ": " + Describe(error));

    /// <summary>A path as C wants it.</summary>
    public static byte[] Path(string path)
    {
        if (path.Contains('\0'))
        {
            throw new IOException("a path must not contain a null character");
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }
}
