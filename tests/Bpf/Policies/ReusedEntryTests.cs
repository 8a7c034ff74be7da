using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>
/// A hash table's element that goes, or is exchanged, is the next one's at once. So while packets are sent another thread exchanges their entries, which go on saying that they are denied, and in their turn those of others,
/// which would let them through; or it is done by hand.
/// </summary>
public sealed class ReusedEntryTests : IDisposable
{
    // So many that some are interrupted in the few nanoseconds that matter.
    private const int Packets = 5_000_000;
    private const string Node = "n0";
    private const uint Asked = 3;
    private const uint Enemy = 11;
    private const uint Friend = 12;
    private const uint Reason = 7;
    private const ushort Port = 5000;
    private const ushort Target = 6000;
    private static readonly PolicyEndpoint Here = Of("here", "10.1.0.1");
    private static readonly PolicyEndpoint Near = Of("near", "10.1.0.2");
    private static readonly IfIndex Sending = new(Datapath.Device);
    private static readonly SubjectTables Denied = new(0, Asked, 0, 0);

    private readonly Datapath _datapath = new();
    private readonly PolicyWorld _world = new(Node, [Here, Near], []);
    private readonly RawMap<EndpointKeyValue, SealedIdentityValue> _identities;
    private readonly RawMap<uint, SealedSubjectValue> _subjects;
    private readonly RawMap<FlowKeyValue, FlowValue> _flows;

    public ReusedEntryTests()
    {
        _identities = _datapath.OpenCommon<EndpointKeyValue, SealedIdentityValue>("np_identities");
        _subjects = _datapath.OpenCommon<uint, SealedSubjectValue>("np_subjects");
        _flows = _datapath.OpenCommon<FlowKeyValue, FlowValue>("np_flows");
        _datapath.State = _world.Sending(Here);
        var allowed = new Verdict(VerdictKind.Allow, 0);
        Maps.SetVerdicts([new(new(Asked, 0), allowed), new(new(Asked, Friend), allowed), new(new(Asked, Enemy), new(VerdictKind.Deny, Reason))]);
        SetIdentity(Near, Enemy);
        SetSubject(Sending, Denied);
        SetSubject(_world.DeviceOf(Near), default);
        Maps.SetGeneration(1);
    }

    private KernelPolicyMaps Maps => _datapath.Policies;

    public void Dispose()
    {
        _flows.Dispose();
        _subjects.Dispose();
        _identities.Dispose();
        _datapath.Dispose();
    }

    [Fact]
    public Task An_address_never_has_the_identity_of_another() => NonePassesWhile(() =>
    {
        SetIdentity(Near, Enemy);
        SetIdentity(Here, Friend);
    });

    [Fact]
    public Task A_device_never_has_the_tables_of_another() => NonePassesWhile(() =>
    {
        SetSubject(Sending, Denied);
        SetSubject(new(77), default);
    });

    [Fact]
    public Task A_packet_is_never_an_answer_of_another_flow() => NonePassesWhile(() =>
    {
        var asked = FlowOf(Port, isAnswered: false);
        _flows.Set(asked.Key, asked.Value);
        _flows.Delete(asked.Key);
        var answered = FlowOf(Port + 1, isAnswered: true);
        _flows.Set(answered.Key, answered.Value);
        _flows.Delete(answered.Key);
    });

    [Fact]
    public void An_identity_that_is_another_address_s_is_none()
    {
        var key = Assert.Single(_identities.Elements).Key;
        var own = _identities.Find(key)!.Value;
        var others = SealedIdentityValue.From(key with { Network = 1 }, new(Friend, Friend, 1));
        DropsUnknown(_identities, key, own, [
            others, others with { Seal = own.Seal }, own with { Seal = own.Seal ^ 1 }, own with { Identity = own.Identity with { After = Friend } }, own with { Identity = own.Identity with { Before = Friend } },
            own with { Identity = own.Identity with { Since = 0 } }, default,
        ]);
    }

    [Fact]
    public void Tables_that_are_another_device_s_are_none()
    {
        const uint Key = Datapath.Device;
        var own = _subjects.Find(Key)!.Value;
        var others = SealedSubjectValue.From(77, 77, new(default, default, 1));
        DropsUnknown(_subjects, Key, own, [
            others, others with { Seal = own.Seal }, own with { Seal = own.Seal ^ 1 }, own with { Subject = own.Subject with { After = default } }, own with { Subject = own.Subject with { Before = default } },
            own with { Subject = own.Subject with { Since = 0 } }, own with { Subject = own.Subject with { Endpoint = 77 } }, default,
        ]);
    }

    [Fact]
    public void A_flow_that_is_another_s_is_none()
    {
        var (key, answered) = FlowOf(Port, isAnswered: true);
        _flows.Set(key, answered);
        Assert.IsNotType<Outcome.Drop>(Send());
        foreach (var value in (FlowValue[])[FlowOf(Port + 1, isAnswered: true).Value, answered with { Seal = answered.Seal ^ 1 }, answered with { Seal = FlowOf(Port, isAnswered: false).Value.Seal }])
        {
            _flows.Set(key, value);
            Assert.Equal(new Outcome.Drop("policy"), Send());
        }
    }

    private void DropsUnknown<TKey, TValue>(RawMap<TKey, TValue> map, TKey key, TValue own, TValue[] others)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        foreach (var value in others)
        {
            map.Set(key, value);
            Assert.Equal(new Outcome.Drop("policy_unknown"), Send());
            map.Set(key, own);
            Assert.Equal(new Outcome.Drop("policy"), Send());
        }
    }

    private void SetIdentity(PolicyEndpoint pod, uint identity) => Maps.SetIdentity(new(DatapathState.Cluster, pod.ClusterAddresses.First), new(identity, identity, 1));

    private void SetSubject(IfIndex device, SubjectTables tables) => Maps.SetSubject(device, NumberOf(device), new(tables, tables, 1));

    private static ulong NumberOf(IfIndex device) => (ulong)device.Value + 1000;

    // The packet's flow, or one of another port, as its sender began it, or as the other end did, so that the packet is an answer.
    private KeyValuePair<FlowKeyValue, FlowValue> FlowOf(ushort port, bool isAnswered)
    {
        var key = new FlowKeyValue
        {
            Addr = new() { V4 = WireAddress.From(Here.ClusterAddresses.First), V6 = WireAddress.From(Near.ClusterAddresses.First) },
            Network = DatapathState.Cluster,
            Proto = PolicyFrames.Udp,
        };
        (key.Port[0], key.Port[1]) = (WirePort.From(port), WirePort.From(Target));
        var (sender, receiver) = (NumberOf(Sending), NumberOf(_world.DeviceOf(Near)));
        var value = isAnswered ? new FlowValue { Began = receiver, Other = sender, Flags = FlowValue.BySecond } : new FlowValue { Began = sender, Other = receiver };
        return new(key, value with { Seal = value.SealUnder(key) });
    }

    private static byte[] Frame()
    {
        var (from, to) = (Here.ClusterAddresses.First, Near.ClusterAddresses.First);
        return IpFrame.Of(from, to, PolicyFrames.Udp, PolicyFrames.Transport(PolicyFrames.Udp, Port, Target), MacAddress.ForEndpoint(from));
    }

    private Outcome Send() => _datapath.FromPod(Frame());

    private async Task NonePassesWhile(Action exchange)
    {
        var isOver = false;
        var exchanging = Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                exchange();
            }
        });
        var packets = Generated.CountOf(Packets);
        try
        {
            _datapath.FromPodOften(Frame(), packets);
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            await exchanging;
        }

        // Two looks in a row may both be in vain here, for nobody waits until programs have ended.
        var drops = _datapath.ReadCounters().Drops;
        Assert.Equal((ulong)packets, drops[DropReason.Policy].Packets + drops[DropReason.PolicyUnknown].Packets);
        Assert.InRange(drops[DropReason.PolicyUnknown].Packets, 0UL, (ulong)packets / 1000);
    }

    private static PolicyEndpoint Of(string name, string address) => new(new(NetworkId.ClusterDefault, name), "", [], [IpAddr.Parse(address)], Node, null);
}
