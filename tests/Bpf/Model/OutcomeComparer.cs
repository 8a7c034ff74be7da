namespace Netplugin.Tests.Bpf.Model;

/// <summary>Compares outcomes with the bytes of their frames, and says what they are.</summary>
internal static class OutcomeComparer
{
    internal static bool Same(Outcome one, Outcome other) => (one, other) switch
    {
        (Outcome.Drop a, Outcome.Drop b) => a == b,
        (Outcome.Local a, Outcome.Local b) => Equal(a.Frame, b.Frame) && a with { Frame = b.Frame } == b,
        (Outcome.Tunnel a, Outcome.Tunnel b) => Equal(a.Frame, b.Frame) && a with { Frame = b.Frame } == b,
        (Outcome.Direct a, Outcome.Direct b) => Equal(a.Frame, b.Frame) && a with { Frame = b.Frame } == b,
        (Outcome.Pass, Outcome.Pass) => true,
        (Outcome.Host a, Outcome.Host b) => Equal(a.Frame, b.Frame) && a.Device == b.Device && a.Mark == b.Mark,
        (Outcome.Reply a, Outcome.Reply b) => Equal(a.Frame, b.Frame) && a.Event == b.Event,
        _ => false,
    };

    /// <summary>The frame as it leaves; null where none does.</summary>
    internal static byte[]? FrameOf(Outcome? outcome) => outcome switch
    {
        Outcome.Local local => local.Frame,
        Outcome.Tunnel tunnel => tunnel.Frame,
        Outcome.Direct direct => direct.Frame,
        Outcome.Host host => host.Frame,
        Outcome.Reply reply => reply.Frame,
        _ => null,
    };

    /// <summary>Equal, with whatever checksums.</summary>
    internal static bool SameButForChecksums(Outcome one, Outcome other) => Same(Blank(one), Blank(other));

    private static Outcome Blank(Outcome outcome) => outcome switch
    {
        Outcome.Local local => local with { Frame = Checksums.Without(local.Frame) },
        Outcome.Tunnel tunnel => tunnel with { Frame = Checksums.Without(tunnel.Frame) },
        Outcome.Direct direct => direct with { Frame = Checksums.Without(direct.Frame) },
        Outcome.Host host => host with { Frame = Checksums.Without(host.Frame) },
        _ => outcome,
    };

    internal static string Describe(Outcome outcome) => outcome switch
    {
        Outcome.Drop drop => $"drop {drop.Reason}",
        Outcome.Local local => $"local device {local.Device} network {local.Network} {local.Event} {Convert.ToHexString(local.Frame)}",
        Outcome.Tunnel tunnel => $"tunnel device {tunnel.Device} network {tunnel.Network} to {tunnel.Vtep} {Convert.ToHexString(tunnel.Frame)}",
        Outcome.Direct direct => $"direct device {direct.Device} neighbour {direct.NextHop} network {direct.Network} from {direct.Source} to {direct.Vtep} ECN {direct.Ecn} {Convert.ToHexString(direct.Frame)}",
        Outcome.Pass => "left to the host",
        Outcome.Host host => $"host device {host.Device} mark {host.Mark:x8} {Convert.ToHexString(host.Frame)}",
        Outcome.Reply reply => $"reply {reply.Event} {Convert.ToHexString(reply.Frame)}",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static bool Equal(byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other);
}
