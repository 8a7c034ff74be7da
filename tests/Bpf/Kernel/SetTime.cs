namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>A clock that goes when it is told to.</summary>
internal sealed class SetTime : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan by) => _now += by.Ticks;
}
