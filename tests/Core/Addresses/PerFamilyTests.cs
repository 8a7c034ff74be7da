using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Core.Addresses;

public sealed class PerFamilyTests
{
    private static readonly IpAddr Four = IpAddr.Parse("10.0.0.1");
    private static readonly IpAddr Six = IpAddr.Parse("fd00::1");

    [Fact]
    public void It_keeps_its_values_in_their_order()
    {
        PerFamily<IpAddr> none = [], one = [Six], two = [Six, Four];

        Assert.True(none.IsEmpty && none == default);
        Assert.Equal([Six], one);
        Assert.Equal([Six, Four], two);
        Assert.NotEqual(two, [Four, Six]);
        Assert.Equal((Six, Four), (two.First, two.Second));
        Assert.Null(one.Second);
        Assert.Equal("fd00::1, 10.0.0.1", two.ToString());
    }

    [Fact]
    public void Each_is_found_by_its_family()
    {
        PerFamily<IpAddr> none = [], one = [Six], two = [Six, Four];

        Assert.Equal((null, null), (none.Of(isV4: true), none.Of(isV4: false)));
        Assert.Equal((null, Six), (one.Of(isV4: true), one.Of(isV4: false)));
        Assert.Equal((Four, Six), (two.Of(isV4: true), two.Of(isV4: false)));
    }

    [Fact]
    public void Two_of_a_family_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PerFamily.Of<IpAddr>([Four, Four]));
        Assert.Throws<ArgumentException>(() => PerFamily.Of<IpAddr>([Four, Six, Four]));
    }
}
