namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>Stands still, so that ages and log lines can be compared.</summary>
internal sealed class FixedClock : TimeProvider
{
    public static DateTimeOffset Now { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
