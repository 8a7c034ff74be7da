using System.Buffers.Binary;
using System.Text;
using K8contivnet.Interop;
using Netplugin.NodeApi;

namespace K8contivnet;

/// <summary>One request to the daemon and its one answer.</summary>
internal static unsafe class DaemonConnection
{
    private const int FamilyUnix = 1;
    private const int TypeStream = 1 | Libc.CloseOnExec;
    private const int LevelSocket = 1; // SOL_SOCKET
    private const int ReceiveTimeout = 20; // SO_RCVTIMEO
    private const int SendTimeout = 21; // SO_SNDTIMEO; also limits connect(2) when the daemon's queue is full
    private const int Rights = 1; // SCM_RIGHTS
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int MaxPath = 107; // sun_path is 108 bytes with the end mark (unix(7))

    /// <summary>Asks.</summary>
    /// <param name="socketPath">The daemon's socket.</param>
    /// <param name="request">The request's JSON.</param>
    /// <param name="descriptor">A descriptor that travels with the first byte; negative = none.</param>
    /// <param name="seconds">How long connecting, and then each wait for the answer, may take.</param>
    /// <exception cref="IOException">No daemon, or no answer.</exception>
    public static byte[] Ask(string socketPath, ReadOnlySpan<byte> request, int descriptor, int seconds)
    {
        if (request.Length > NodeProtocol.MaxRuntimeFrame)
        {
            throw new IOException("the request is longer than the daemon accepts");
        }

        var socket = Connect(socketPath, seconds);
        try
        {
            var frame = new byte[4 + request.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame, request.Length);
            request.CopyTo(frame.AsSpan(4));
            Send(socket, frame, descriptor);

            Span<byte> header = stackalloc byte[4];
            Posix.ReadExactly(socket, header);
            var length = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (length is 0 or > NodeProtocol.MaxRuntimeFrame)
            {
                throw new IOException("what listens at " + socketPath + " is not netplugin");
            }

            var answer = new byte[length];
            Posix.ReadExactly(socket, answer);
            return answer;
        }
        finally
        {
            _ = Libc.Close(socket);
        }
    }

    private static int Connect(string path, int seconds)
    {
        var size = Encoding.UTF8.GetByteCount(path);
        if (size is 0 or > MaxPath)
        {
            throw new IOException("\"" + path + "\" cannot be a socket's path");
        }

        var socket = Libc.Socket(FamilyUnix, TypeStream, 0);
        if (socket < 0)
        {
            throw Posix.Failed("socket", Libc.LastError);
        }

        Libc.TimeValue limit = new() { Seconds = seconds };
        _ = Libc.SetSocketOption(socket, LevelSocket, ReceiveTimeout, &limit, (uint)sizeof(Libc.TimeValue));
        _ = Libc.SetSocketOption(socket, LevelSocket, SendTimeout, &limit, (uint)sizeof(Libc.TimeValue));

        // struct sockaddr_un: family in host order, then the path.
        Span<byte> address = stackalloc byte[2 + MaxPath + 1];
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)FamilyUnix);
        Encoding.UTF8.GetBytes(path, address[2..]);
        fixed (byte* start = address)
        {
            int result;
            do
            {
                result = Libc.Connect(socket, start, (uint)(2 + size + 1));
            }
            while (result < 0 && Libc.LastError == Libc.Interrupted);
            if (result < 0)
            {
                var error = Libc.LastError;
                _ = Libc.Close(socket);
                throw new IOException(
                    "netplugin is not running at " + path + " (" + (error == Libc.Again ? "it does not accept connections" : Posix.Describe(error)) + ")");
            }
        }

        return socket;
    }

    private static void Send(int socket, ReadOnlySpan<byte> frame, int descriptor)
    {
        var control = new Libc.DescriptorMessage { Length = 20, Level = LevelSocket, Type = Rights, Descriptor = descriptor };
        fixed (byte* start = frame)
        {
            for (nint done = 0; done < frame.Length;)
            {
                var vector = new Libc.IoVector { Base = start + done, Length = (nuint)(frame.Length - done) };
                var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
                if (done == 0 && descriptor >= 0)
                {
                    message.Control = &control;
                    message.ControlLength = (nuint)sizeof(Libc.DescriptorMessage);
                }

                var sent = Libc.SendMessage(socket, &message, NoSignal);
                if (sent < 0 && Libc.LastError != Libc.Interrupted)
                {
                    throw Posix.Failed("the daemon does not take the request", Libc.LastError);
                }

                done += Math.Max(sent, 0);
            }
        }
    }
}
