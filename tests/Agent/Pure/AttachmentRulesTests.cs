using Netplugin.Agent.Attachments;

namespace Netplugin.Tests.Agent.Pure;

public sealed class AttachmentRulesTests
{
    [Fact]
    public void Every_combination_of_phase_and_facts_has_a_rule()
    {
        foreach (var phase in Enum.GetValues<AttachmentPhase>())
        {
            foreach (var facts in AllFacts())
            {
                AttachmentRules.Decide(Samples.Attachment(1, "c1", 1, phase), facts);
            }
        }
    }

    [Fact]
    public void Nothing_is_taken_away_while_store_and_runtime_say_nothing()
    {
        var facts = new AttachmentFacts(true, SandboxFact.Unknown, EndpointFact.Unknown);
        Assert.Equal(AttachmentAction.Keep, AttachmentRules.Decide(Samples.Attachment(1, "c1", 1), facts));
    }

    [Fact]
    public void What_an_earlier_daemon_left_half_done_is_rolled_back()
    {
        foreach (var facts in AllFacts())
        {
            Assert.Equal(AttachmentAction.Detach, AttachmentRules.Decide(Samples.Attachment(1, "c1", 1, AttachmentPhase.Adding), facts));
            Assert.Equal(AttachmentAction.Detach, AttachmentRules.Decide(Samples.Attachment(1, "c1", 1, AttachmentPhase.Leaving), facts));
            Assert.Equal(AttachmentAction.Unbind, AttachmentRules.Decide(Samples.Attachment(1, "c1", 1, AttachmentPhase.Unbinding), facts));
        }
    }

    [Theory]
    [InlineData(true, "Gone", "Mine", "Detach")]
    [InlineData(true, "Gone", "Unknown", "Detach")]
    [InlineData(false, "Unknown", "Mine", "Detach")]
    [InlineData(false, "Listed", "Mine", "ReportDamage")]
    [InlineData(true, "Listed", "Mine", "Keep")]
    [InlineData(true, "Listed", "Unbound", "Bind")]
    [InlineData(true, "Unknown", "Unbound", "Bind")]
    [InlineData(true, "Listed", "TakenOver", "Detach")]
    [InlineData(true, "Listed", "HomedElsewhere", "Detach")]
    [InlineData(true, "Listed", "NotHomed", "Detach")]
    [InlineData(true, "Listed", "Missing", "Detach")]
    [InlineData(true, "Listed", "Unknown", "Keep")]
    public void An_attachment_that_is_up_follows_the_table(bool link, string sandbox, string endpoint, string action)
    {
        var facts = new AttachmentFacts(link, Enum.Parse<SandboxFact>(sandbox), Enum.Parse<EndpointFact>(endpoint));
        Assert.Equal(Enum.Parse<AttachmentAction>(action), AttachmentRules.Decide(Samples.Attachment(1, "c1", 1), facts));
    }

    [Fact]
    public void After_an_accepted_reset_an_attachment_without_endpoint_stays_and_is_reported()
    {
        var attachment = Samples.Attachment(1, "c1", 1) with { Unposted = true };
        Assert.Equal(AttachmentAction.ReportUnposted, AttachmentRules.Decide(attachment, new AttachmentFacts(true, SandboxFact.Listed, EndpointFact.Missing)));
    }

    private static IEnumerable<AttachmentFacts> AllFacts() =>
        from link in new[] { true, false }
        from sandbox in Enum.GetValues<SandboxFact>()
        from endpoint in Enum.GetValues<EndpointFact>()
        select new AttachmentFacts(link, sandbox, endpoint);
}
