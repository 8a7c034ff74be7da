using CsCheck;
using Netplugin.Core.Policies.Judging;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>The normal form says of every attempt what the judge says, and by the same rule.</summary>
public sealed class AgreementTests
{
    // Up to 120 attempts each, 60 on average: some 300,000 in all, in a few seconds.
    private const int Cases = 5_000;
    private const int Attempts = 120;

    [Fact]
    public void The_normal_form_and_the_judge_agree()
    {
        var (probes, denied, byRule) = (0, 0, 0);
        PolicyGens.CaseGen(Attempts).Sample(
            one =>
            {
                var interpreter = new NormalInterpreter(PolicyCases.Normal(one.Policies));
                foreach (var attempt in one.Attempts)
                {
                    var judgement = PolicyJudge.Judge(one.Policies, attempt);
                    if (judgement != interpreter.Judge(attempt))
                    {
                        throw new InvalidOperationException($"{attempt}: the judge says {judgement}, the normal form {interpreter.Judge(attempt)}");
                    }

                    Interlocked.Increment(ref probes);
                    Interlocked.Add(ref denied, judgement.IsAllowed ? 0 : 1);
                    Interlocked.Add(ref byRule, judgement.Ingress.Reason is JudgementReason.ByRule || judgement.Egress.Reason is JudgementReason.ByRule ? 1 : 0);
                }
            },
            iter: Cases);

        // Else there is nothing that they could disagree about.
        Assert.True(probes > 100_000, $"{probes} attempts");
        Assert.InRange(denied, probes / 10, 9 * probes / 10);
        Assert.True(byRule > probes / 10, $"{byRule} of {probes} by a rule");
    }
}
