using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Linux.Bpf;

// The counters, which all generations share.
public sealed partial class BpfDatapath
{
    private static readonly int Cpus = LibBpf.PossibleCpus();

    /// <summary>All counters, summed over the CPUs.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public DatapathCounters ReadCounters() => new(
        Enum.GetValues<DropReason>().Where(reason => reason != DropReason.None)
            .ToImmutableSortedDictionary(reason => reason, reason => ReadCount(_drops, "np_drops", (uint)reason)),
        Enum.GetValues<DatapathEvent>().ToImmutableSortedDictionary(happened => happened, happened => ReadCount(_counters, "np_counters", (uint)happened)));

    // A lookup in a per-CPU array fills one value for each possible CPU.
    private static unsafe PacketCount ReadCount(SafeFileHandle map, string name, uint key)
    {
        Span<CountValue> shares = new CountValue[Cpus];
        fixed (CountValue* first = shares)
        {
            var result = LibBpf.LookupElement(map, &key, first);
            if (result < 0)
            {
                throw new KernelException("read the map", name, -result);
            }
        }

        var sum = CountValue.Sum(shares);
        return new(sum.Packets, sum.Bytes);
    }
}
