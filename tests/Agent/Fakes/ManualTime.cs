namespace Netplugin.Tests.Agent.Fakes;

/// <summary>The system's clock, ahead by as much as a test has said.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ahead;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _ahead);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));
}
