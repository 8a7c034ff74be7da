using System.Runtime.InteropServices;

namespace Netplugin.Linux.Bpf.Layout;

/// <summary>What tells a program that a value that it has found is its key's, and whole: <c>bpf/seal.h</c> says why, and works out the same.</summary>
internal static class Seal
{
    /// <summary><c>NP_SEAL_FACTOR</c>.</summary>
    private const ulong Factor = 0x9e3779b97f4a7c15;

    /// <summary>The seal of a key, which is words of 4 bytes, and of what is sealed of its value, words of 8.</summary>
    internal static uint Of<TKey, TSealed>(in TKey key, in TSealed value)
        where TKey : unmanaged
        where TSealed : unmanaged
    {
        var sum = Factor;
        var factor = Factor;
        foreach (var word in MemoryMarshal.Cast<TKey, uint>(new ReadOnlySpan<TKey>(in key)))
        {
            Add(word);
        }

        foreach (var word in MemoryMarshal.Cast<TSealed, ulong>(new ReadOnlySpan<TSealed>(in value)))
        {
            Add(word);
        }

        return (uint)(sum >> 32);

        void Add(ulong word)
        {
            sum = unchecked(sum + (word * factor));
            factor = unchecked(factor * Factor);
        }
    }
}
