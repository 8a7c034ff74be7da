using System.Globalization;
using System.Runtime.InteropServices;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Netlink;

/// <summary>Called for each answer that carries data.</summary>
/// <param name="step">Which message of the batch it answers.</param>
/// <param name="message">The answer; valid only during the call.</param>
internal delegate void NetlinkAnswer(int step, NetlinkMessage message);

/// <summary>
/// Requests and their answers over one socket: matches sequence numbers, collects every error with the kernel's explanation,
/// repeats a dump that a change interrupted. One conversation at a time; any thread may start one.
/// </summary>
internal sealed class NetlinkConversation(INetlinkSocket socket) : IDisposable
{
    /// <summary>How often a dump is tried: a dump takes well under a millisecond, so that many in a row are hit only on a node in trouble.</summary>
    internal const int DumpAttempts = 8;

    /// <summary><c>NLM_F_CAPPED</c>, in an error: the request's payload is not repeated.</summary>
    private const NetlinkFlags Capped = (NetlinkFlags)0x100;

    /// <summary><c>NLM_F_ACK_TLVS</c>, in an error: attributes with an explanation follow.</summary>
    private const NetlinkFlags Explained = (NetlinkFlags)0x200;

    /// <summary><c>NLMSGERR_ATTR_MSG</c>.</summary>
    private const ushort ErrorText = 1;

    private readonly Lock _gate = new();

    /// <summary>The kernel fits a dump's datagrams to the reader's buffer, up to 32 KiB; no single message we ask for is near that.</summary>
    private readonly byte[] _buffer = new byte[32 << 10];

    private uint _sequence = 1;

    /// <summary>Opens an rtnetlink conversation in the calling thread's namespace.</summary>
    internal static NetlinkConversation OpenRoute() => new(NetlinkSocket.Open(NetlinkSocket.Route));

    /// <summary>Sends a batch and waits until the kernel has handled all of it.</summary>
    /// <returns>The messages that failed, in order; empty when all succeeded.</returns>
    internal IReadOnlyList<NetlinkFailure> Try(NetlinkBatch batch, NetlinkAnswer? onAnswer = null)
    {
        if (batch.Count == 0)
        {
            return [];
        }

        lock (_gate)
        {
            var first = Take(batch.Count);
            socket.Send(batch.Seal(first));
            var failures = new List<NetlinkFailure>();
            while (!ReceiveSome(batch, first, failures, onAnswer))
            {
            }

            return failures;
        }
    }

    /// <summary>Sends a batch and waits until the kernel has handled all of it.</summary>
    /// <exception cref="KernelException">A message failed. When several did, the first one's, with the others' text as well.</exception>
    internal void Execute(NetlinkBatch batch, NetlinkAnswer? onAnswer = null)
    {
        var failures = Try(batch, onAnswer);
        if (failures.Count == 1)
        {
            throw failures[0].Error;
        }

        if (failures.Count > 1)
        {
            var first = failures[0].Error;
            var others = string.Join("; ", failures.Skip(1).Select(failure => failure.Error.Message));
            throw new KernelException(first.Operation, first.Subject, first.Errno, $"{first.Detail ?? "refused"}; then: {others}");
        }
    }

    /// <summary>Reads a whole table; what a change interrupted is read again.</summary>
    /// <param name="operation">What is read, for an error.</param>
    /// <param name="write">Makes the request in an empty batch.</param>
    /// <param name="parse">Turns a message into a value, or null to leave it out.</param>
    /// <exception cref="KernelException">Refused, or interrupted <see cref="DumpAttempts"/> times (transient).</exception>
    internal List<T> Dump<T>(string operation, Action<NetlinkBatch> write, Func<NetlinkMessage, T?> parse)
        where T : class
    {
        for (var attempt = 0; attempt < DumpAttempts; attempt++)
        {
            var batch = new NetlinkBatch();
            write(batch);
            var interrupted = false;
            var found = new List<T>();
            lock (_gate)
            {
                var first = Take(batch.Count);
                socket.Send(batch.Seal(first));
                var failures = new List<NetlinkFailure>();
                var done = false;
                while (!done)
                {
                    done = ReceiveSome(batch, first, failures, (_, message) =>
                    {
                        if (parse(message) is { } value)
                        {
                            found.Add(value);
                        }
                    }, ref interrupted);
                }

                if (failures.Count > 0)
                {
                    throw failures[0].Error;
                }
            }

            if (!interrupted)
            {
                return found;
            }
        }

        throw new KernelException(operation, string.Empty, Errno.Again,
            string.Create(CultureInfo.InvariantCulture, $"changes interrupted the listing {DumpAttempts} times"));
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private static int ErrorNumber(NetlinkMessage message) => -message.Read<int>();

    private static string? Explanation(NetlinkMessage message)
    {
        if ((message.Header.Flags & Explained) == 0)
        {
            return null;
        }

        // The error number, then the request's header and, unless capped, its payload; then the attributes.
        var request = message.Payload[sizeof(int)..];
        var skip = NetlinkHeader.Size;
        if ((message.Header.Flags & Capped) == 0 && MemoryMarshal.TryRead(request, out NetlinkHeader echoed))
        {
            skip = (int)((echoed.Length + 3) & ~3u);
        }

        return skip <= request.Length && new NetlinkAttributes(request[skip..]).TryFind(ErrorText, out var text) ? text.Text : null;
    }

    private uint Take(int count)
    {
        var first = _sequence;
        _sequence += (uint)count;
        return first;
    }

    private bool ReceiveSome(NetlinkBatch batch, uint first, List<NetlinkFailure> failures, NetlinkAnswer? onAnswer)
    {
        var interrupted = false;
        return ReceiveSome(batch, first, failures, onAnswer, ref interrupted);
    }

    /// <summary>Reads one datagram; true when the last message's end was in it.</summary>
    private bool ReceiveSome(NetlinkBatch batch, uint first, List<NetlinkFailure> failures, NetlinkAnswer? onAnswer, ref bool interrupted)
    {
        var length = socket.Receive(_buffer);
        var done = false;
        foreach (var message in new NetlinkMessages(_buffer.AsSpan(0, length)))
        {
            // Unsigned wrap makes an answer to an older, abandoned request a large number.
            var step = unchecked(message.Header.Sequence - first);
            if (step >= (uint)batch.Count)
            {
                continue;
            }

            var index = (int)step;
            interrupted |= message.Type != NetlinkType.Error && (message.Header.Flags & NetlinkFlags.DumpInterrupted) != 0;
            if (message.Type is NetlinkType.Error or NetlinkType.Done)
            {
                // A dump ends with a "done" that carries a number like an error's; older kernels send it empty.
                var errno = message.Payload.IsEmpty ? 0 : ErrorNumber(message);
                if (errno != 0)
                {
                    var (operation, subject) = batch.Describe(index);
                    var explanation = message.Type == NetlinkType.Error ? Explanation(message) : null;
                    failures.Add(new(index, new(operation, subject, errno, explanation)));
                }

                done |= index == batch.LastAcknowledged || (batch.IsTransaction && index == 0);
            }
            else if (message.Type != NetlinkType.NoOperation)
            {
                onAnswer?.Invoke(index, message);
            }
        }

        return done;
    }
}
