namespace Netplugin.Tests.Kubernetes.Unit.Fixtures;

/// <summary>A clock that goes when it is told to.</summary>
internal sealed class SetTime : TimeProvider
{
    private DateTimeOffset _now = new(2020, 12, 8, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan by) => _now += by;
}
