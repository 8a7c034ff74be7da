using System.Runtime.CompilerServices;
using Netplugin.Agent.Loop;

namespace Netplugin.Tests.Agent.Pure;

public sealed class HeapSweeperTests
{
    [Fact]
    public void What_a_load_left_is_collected_once()
    {
        var sweeper = new HeapSweeper();
        sweeper.Sweep();
        var left = Leave();

        Assert.True(sweeper.Sweep());
        Assert.False(left.TryGetTarget(out _));
        Assert.False(sweeper.Sweep());
    }

    // In a method of its own, so that no local of the test keeps it alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<byte[]> Leave()
    {
        var old = new byte[100 << 20];
        return new(old);
    }
}
