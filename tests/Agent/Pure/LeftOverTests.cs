using System.Runtime.CompilerServices;
using Netplugin.Agent.Loop;

namespace Netplugin.Tests.Agent.Pure;

public sealed class LeftOverTests
{
    [Fact]
    public void What_a_load_left_is_collected_once()
    {
        var leftOver = new LeftOver();
        leftOver.Sweep();
        var left = Leave();

        Assert.True(leftOver.Sweep());
        Assert.False(left.TryGetTarget(out _));
        Assert.False(leftOver.Sweep());
    }

    // In a method of its own, so that no local of the test keeps it alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<byte[]> Leave()
    {
        var old = new byte[100 << 20];
        return new(old);
    }
}
