namespace Netplugin.Linux.Bpf;

/// <summary>What a sweep of translated connections, or of flows, found.</summary>
/// <param name="Left">Those that go on.</param>
/// <param name="Removed">Those that had ended.</param>
public readonly record struct SweepResult(long Left, long Removed);
