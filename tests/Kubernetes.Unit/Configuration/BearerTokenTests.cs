using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;

namespace Netplugin.Tests.Kubernetes.Unit.Configuration;

public sealed class BearerTokenTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly SetTime _time = new();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_file_is_read_again_after_a_minute()
    {
        File.WriteAllText(_file, "one\n");
        var token = BearerToken.OfFile(_file, _time);
        Assert.Equal("one", token.Current());

        File.WriteAllText(_file, "two");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("one", token.Current());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("two", token.Current());
    }

    [Fact]
    public void A_token_that_was_refused_is_read_again_at_once()
    {
        File.WriteAllText(_file, "one");
        var token = BearerToken.OfFile(_file, _time);
        Assert.Equal("one", token.Current());

        Assert.False(token.IsReplaced("one"));
        File.WriteAllText(_file, "two");
        Assert.True(token.IsReplaced("one"));
        Assert.Equal("two", token.Current());
    }

    [Fact]
    public void While_the_file_is_away_the_token_read_before_is_used()
    {
        File.WriteAllText(_file, "one");
        var token = BearerToken.OfFile(_file, _time);
        Assert.Equal("one", token.Current());

        File.Delete(_file);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("one", token.Current());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("one two")]
    [InlineData("one\r\nX-Other: two")]
    public void A_file_without_a_token_is_named(string? content)
    {
        File.Delete(_file);
        if (content is not null)
        {
            File.WriteAllText(_file, content);
        }

        var e = Assert.Throws<KubernetesException>(() => BearerToken.OfFile(_file).Current());

        Assert.Contains(_file, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("two", e.Message, StringComparison.Ordinal);
    }
}
