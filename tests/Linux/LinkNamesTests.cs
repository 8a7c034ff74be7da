using Netplugin.Linux.Links;

namespace Netplugin.Tests.Linux;

public sealed class LinkNamesTests
{
    [Theory]
    [InlineData(1UL, "np00000000001")]
    [InlineData(0xabcdefUL, "np00000abcdef")]
    [InlineData(LinkNames.AttachmentLimit - 1, "npfffffffffff")]
    public void A_number_and_its_name_are_one(ulong number, string name)
    {
        Assert.Equal(name, LinkNames.ForAttachment(number));
        Assert.True(LinkNames.TryParse(name, out var parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("np-vxlan")]
    [InlineData("np0000000001")]
    [InlineData("np0000000000g")]
    [InlineData("np0000000000A")]
    [InlineData("eth0")]
    public void Another_name_is_not_an_attachments(string name) => Assert.False(LinkNames.TryParse(name, out _));

    [Fact]
    public void A_number_too_large_for_the_name_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LinkNames.ForAttachment(LinkNames.AttachmentLimit));
}
