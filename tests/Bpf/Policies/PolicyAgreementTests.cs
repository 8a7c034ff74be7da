using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Policies.Maps;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>
/// What the programs do with the packet of every attempt, over the maps that the compiler wrote, is what the judge says, and by the same rule. Every endpoint, node and outsider of generated clusters
/// tries every other by every protocol and port; between tenants, where the planes themselves let nothing through, policies are not asked.
/// </summary>
public sealed class PolicyAgreementTests(ITestOutputHelper output)
{
    private const int Cases = 400;
    private const int FirstSourcePort = 1024;
    private static readonly string[] Nodes = ["n0", "n1", "n2"];

    private static readonly (byte Protocol, ushort Port)[] Traffic =
    [
        .. from protocol in (byte[])[6, 17, 132] from port in (ushort[])[1, 52, 53, 54, 79, 80, 81, 82, 83, 89, 90, 91, 99, 100, 101, 442, 443, 444, 8080, 65535] select (protocol, port), (1, 0), (58, 0), (47, 0),
    ];

    private long _probes;
    private long _denied;
    private long _byRule;
    private ushort _port = FirstSourcePort;

    // Ends that have spoken without ports: the other way round it would be an answer.
    private readonly HashSet<(AttemptEnd, AttemptEnd)> _portless = [];

    [Fact]
    public void The_programs_decide_as_the_judge_does()
    {
        using var datapath = new Datapath();
        PolicyGens.CaseGen(1).Sample(
            one =>
            {
                foreach (var node in Nodes)
                {
                    Compare(datapath, node, one);
                }

                _portless.Clear();
                datapath.ForgetFlows();
            },
            iter: Cases,
            threads: 1);
        output.WriteLine($"{_probes} probes, {_denied} denied, {_byRule} by a rule");
        Assert.True(_probes > 1_000_000, $"{_probes} probes");
        Assert.InRange(_denied, _probes / 10, 9 * _probes / 10);
        Assert.True(_byRule > _probes / 20, $"{_byRule} by a rule");
    }

    private void Compare(Datapath datapath, string node, PolicyCase one)
    {
        var world = new PolicyWorld(node, one.Endpoints, one.Nodes.Select(each => (each.Name, ClusterGens.NodeAddress(each))));
        datapath.State = world.Base;
        var writer = new PolicyMapWriter(datapath.Policies, world.NumberOf);
        writer.Begin();
        var compiler = new PolicyCompiler(node, writer.Generation, writer.LastNumber);
        foreach (var endpoint in world.Local)
        {
            writer.Attach(endpoint.Id, world.DeviceOf(endpoint), world.NumberOf(endpoint));
        }

        var objects = Told.Objects(one);
        Array.ForEach(objects, told => told.Set(compiler));
        var changes = compiler.TakeChanges();
        writer.Apply(changes);
        var reasons = changes.OfType<PolicyChange.ReasonIs>().ToDictionary(reason => reason.Number, reason => reason.Reason);
        var ends = ClusterGens.Ends(one.Endpoints, one.Nodes);
        foreach (var from in ends)
        {
            var sender = (from as AttemptEnd.OfEndpoint)?.Endpoint;
            if (sender is not null && world.IsHere(sender))
            {
                datapath.State = world.Sending(sender);
                writer.Attach(sender.Id, new IfIndex(Datapath.Device), world.NumberOf(sender));
            }
            else
            {
                datapath.State = world.Base;
            }

            // From one plane to the other nothing is sent: there the address is somebody else's, or nobody's. What a pod sends to itself does not leave it.
            foreach (var to in ends.Where(to => to.Address.IsV4 == from.Address.IsV4 && PolicyCases.PlaneOf(to).Plane == PolicyCases.PlaneOf(from).Plane && !(sender is not null && PolicyCases.IsSame(sender, to))))
            {
                foreach (var (protocol, port) in Traffic)
                {
                    Probe(datapath, world, one.Policies, new(from, to, protocol, port), reasons);
                }
            }

            if (sender is not null && world.IsHere(sender))
            {
                writer.Detach(new IfIndex(Datapath.Device));
            }
        }

        // The next case finds empty maps.
        Array.ForEach(objects, told => told.Remove(compiler));
        writer.Apply(compiler.TakeChanges());
        foreach (var endpoint in world.Local)
        {
            writer.Detach(world.DeviceOf(endpoint));
        }
    }

    private void Probe(Datapath datapath, PolicyWorld world, PolicySet policies, Attempt attempt, Dictionary<uint, PolicyReason> reasons)
    {
        var protocol = attempt.Protocol == PolicyFrames.Icmp && !attempt.From.Address.IsV4 ? PolicyFrames.IcmpV6 : attempt.Protocol;
        attempt = attempt with { Protocol = protocol };
        _port = _port == ushort.MaxValue ? (ushort)FirstSourcePort : (ushort)(_port + 1);
        if (attempt.Port == 0 && protocol is not (PolicyFrames.Icmp or PolicyFrames.IcmpV6) && (_portless.Contains((attempt.To, attempt.From)) | !_portless.Add((attempt.From, attempt.To))))
        {
            return;
        }

        var got = world.Send(datapath, attempt.From, attempt.To, mac => IpFrame.Of(
            attempt.From.Address, attempt.To.Address, protocol, PolicyFrames.Transport(protocol, _port, attempt.Port), mac));
        if (got is null or Outcome.Drop { Reason: not ("policy" or "policy_unknown") })
        {
            return;
        }

        var judgement = PolicyJudge.Judge(policies, attempt);
        var isAllowed = Is(attempt.From, judgement.Egress) && Is(attempt.To, judgement.Ingress);
        var (denies, direction) = Is(attempt.From, judgement.Egress) ? (judgement.Ingress, PolicyDirection.Ingress) : (judgement.Egress, PolicyDirection.Egress);
        PolicyReason? reason = got is Outcome.Drop && datapath.LastPolicy != 0 ? reasons[datapath.LastPolicy] : null;
        if (got is not Outcome.Drop != isAllowed || (!isAllowed && reason != PolicyCases.Of(denies, direction).Reason))
        {
            throw new InvalidOperationException($"{attempt}: the judge says {judgement}, the programs {got} by {reason}");
        }

        _probes++;
        _denied += isAllowed ? 0 : 1;
        _byRule += reason is PolicyReason.ByRule ? 1 : 0;

        bool Is(AttemptEnd end, DirectionJudgement judged) => judged.IsAllowed || end is not AttemptEnd.OfEndpoint { Endpoint: var endpoint } || !world.IsHere(endpoint);
    }
}
