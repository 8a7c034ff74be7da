using Netplugin.Core.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>Keys and values as the API server takes them.</summary>
public sealed class LabelRulesTests
{
    private static readonly string Name63 = new('a', 63);
    private static readonly string Prefix253 = new string('a', 126) + "." + new string('b', 126);

    public static TheoryData<string> GoodKeys => ["a", "A-b_c.9", Name63, "example.com/a", $"{Prefix253}/{Name63}", "9/9"];

    public static TheoryData<string> BadKeys =>
        ["", "/a", "a/", "a/b/c", "-a", "a-", "a b", "ä", Name63 + "a", "Example.com/a", "-x.com/a", "x..com/a", "x_y/a", $"{Prefix253}c/a", "a\n"];

    public static TheoryData<string> GoodValues => ["", "a", "A-b_c.9", Name63];

    public static TheoryData<string> BadValues => ["-", "a-", ".a", "a b", "a/b", "ä", Name63 + "a"];

    [Theory]
    [MemberData(nameof(GoodKeys))]
    public void A_good_key_is_taken(string key) => Assert.Null(LabelRules.CheckKey(key));

    [Theory]
    [MemberData(nameof(BadKeys))]
    public void A_bad_key_is_refused(string key) => Assert.NotNull(LabelRules.CheckKey(key));

    [Theory]
    [MemberData(nameof(GoodValues))]
    public void A_good_value_is_taken(string value) => Assert.Null(LabelRules.CheckValue(value));

    [Theory]
    [MemberData(nameof(BadValues))]
    public void A_bad_value_is_refused(string value) => Assert.NotNull(LabelRules.CheckValue(value));
}
