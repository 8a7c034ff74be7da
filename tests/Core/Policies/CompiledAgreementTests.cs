using CsCheck;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Judging;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>
/// What the compiled maps of the nodes say of every attempt is what the judge says, and by the same rule. It runs as long as CsCheck_Time says; `make test-policy-soak` sets that.
/// </summary>
public sealed class CompiledAgreementTests
{
    private const int Cases = 1_000;
    private const int Crowds = 40;
    private static readonly string[] Nodes = ["n0", "n1", "n2"];

    // 53 to 101 are in ranges and at their ends; ICMP, ICMPv6 and GRE have no ports.
    private static readonly (byte Protocol, ushort Port)[] Traffic =
    [
        .. from protocol in (byte[])[6, 17, 132] from port in (ushort[])[0, 53, 80, 81, 90, 101, 443, 65535] select (protocol, port), (1, 0), (58, 0), (47, 0),
    ];

    [Fact]
    public void The_compiled_maps_and_the_judge_agree()
    {
        var (probes, denied, byRule) = Compare(PolicyGens.CaseGen(1), Cases);
        Assert.True(probes > 1_000_000, $"{probes} probes");
        Assert.InRange(denied, probes / 10, 9 * probes / 10);
        Assert.True(byRule > probes / 10, $"{byRule} of {probes} by a rule");
    }

    // Indexes come into being where there are many.
    [Fact]
    public void They_agree_where_there_are_many_policies() => Assert.True(Compare(PolicyGens.CaseGen(1, PolicyGens.CrowdGen), Crowds).ByRule > 10_000);

    private static (long Probes, long Denied, long ByRule) Compare(Gen<PolicyCase> cases, int count)
    {
        var (probes, denied, byRule) = (0L, 0L, 0L);
        cases.Sample(
            one =>
            {
                var maps = Nodes.ToDictionary(node => node, node => PolicyCases.Compile(new(node), one));
                foreach (var (attempt, subject, direction, judged) in Attempts(one))
                {
                    var peer = direction == PolicyDirection.Ingress ? attempt.From : attempt.To;
                    var said = maps[subject.Node].Decide(
                        subject.Id, direction, PolicyCases.PlaneOf(peer), attempt.Protocol, attempt.Port, attempt.ThroughService && PolicyCases.IsSame(subject, peer));
                    if (said != judged)
                    {
                        throw new InvalidOperationException($"{direction} of {attempt}: the judge says {judged}, the maps of {subject.Node} {said}");
                    }

                    Interlocked.Increment(ref probes);
                    Interlocked.Add(ref denied, said.IsAllowed ? 0 : 1);
                    Interlocked.Add(ref byRule, said.Reason is PolicyReason.ByRule ? 1 : 0);
                }
            },
            iter: count);
        return (probes, denied, byRule);
    }

    private static IEnumerable<(Attempt, PolicyEndpoint, PolicyDirection, (bool, PolicyReason?))> Attempts(PolicyCase one)
    {
        var ends = ClusterGens.Ends(one.Endpoints, one.Nodes);
        foreach (var from in ends)
        {
            foreach (var to in ends.Where(to => to.Address.IsV4 == from.Address.IsV4))
            {
                foreach (var (protocol, port) in Traffic)
                {
                    var attempt = new Attempt(from, to, protocol, port);
                    if (from is AttemptEnd.OfEndpoint sender && PolicyCases.IsSame(sender.Endpoint, to))
                    {
                        attempt = attempt with { ThroughService = true };
                    }

                    var judgement = PolicyJudge.Judge(one.Policies, attempt);
                    if (from is AttemptEnd.OfEndpoint { Endpoint: var subject })
                    {
                        yield return (attempt, subject, PolicyDirection.Egress, PolicyCases.Of(judgement.Egress, PolicyDirection.Egress));
                    }

                    if (to is AttemptEnd.OfEndpoint { Endpoint: var receiver } && judgement.Ingress.Reason is not JudgementReason.LocalNode)
                    {
                        yield return (attempt, receiver, PolicyDirection.Ingress, PolicyCases.Of(judgement.Ingress, PolicyDirection.Ingress));
                    }
                }
            }
        }
    }
}
