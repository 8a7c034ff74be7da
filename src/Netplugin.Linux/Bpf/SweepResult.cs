namespace Netplugin.Linux.Bpf;

/// <summary>What a sweep of the translated connections found.</summary>
/// <param name="Left">Connections that go on.</param>
/// <param name="Removed">Connections that had ended.</param>
public readonly record struct SweepResult(long Left, long Removed);
