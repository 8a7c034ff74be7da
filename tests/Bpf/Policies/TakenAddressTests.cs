using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>A pod that gets the address of one that went has none of its flows: what would be an answer to the former is a question to it.</summary>
public sealed class TakenAddressTests : IDisposable
{
    private const string Node = "n0";
    private const uint Closed = 1;
    private const uint Reason = 7;
    private static readonly PolicyEndpoint Here = Of("here", "10.1.0.1", Node);
    private static readonly PolicyEndpoint Near = Of("near", "10.1.0.2", Node);
    private static readonly PolicyEndpoint Far = Of("far", "10.1.0.3", "n1");

    private readonly Datapath _datapath = new();
    private readonly PolicyWorld _world = new(Node, [Here, Near, Far], []);

    public TakenAddressTests()
    {
        _datapath.Policies.SetVerdicts([KeyValuePair.Create(new VerdictKey(Closed, 0), new Verdict(VerdictKind.Deny, Reason))]);
        _datapath.Policies.SetGeneration(1);
        Set(_world.DeviceOf(Here), _world.NumberOf(Here), default);
        Set(_world.DeviceOf(Near), _world.NumberOf(Near), default);
    }

    public void Dispose() => _datapath.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Answers_to_the_pod_before_do_not_reach_the_one_after(bool isNear)
    {
        var friend = isNear ? Near : Far;
        Assert.True(Passes(Here, friend, 5000, 6000));
        Assert.True(Passes(friend, Here, 6000, 5000));

        // Another pod behind another device has the address, and nobody may ask it.
        Set(_world.DeviceOf(Here), 77, new(Closed, 0, 0, 0));
        Assert.False(Passes(friend, Here, 6000, 5000));
        Assert.Equal(Reason, _datapath.LastPolicy);

        // What it asks itself is answered.
        Assert.True(Passes(Here, friend, 5000, 6000, 78, new(Closed, 0, 0, 0)));
    }

    [Fact]
    public void Who_asked_the_pod_before_has_to_ask_anew()
    {
        Assert.True(Passes(Near, Here, 6000, 5000));
        Set(_world.DeviceOf(Here), 77, new(0, Closed, 0, 0));

        // It may not begin anything, and was asked nothing yet.
        Assert.False(Passes(Here, Near, 5000, 6000, 77, new(0, Closed, 0, 0)));
        Assert.True(Passes(Near, Here, 6000, 5000));
        Assert.True(Passes(Here, Near, 5000, 6000, 77, new(0, Closed, 0, 0)));
    }

    private static PolicyEndpoint Of(string name, string address, string node) => new(new(NetworkId.ClusterDefault, name), "", [], [IpAddr.Parse(address)], node, null);

    private bool Passes(PolicyEndpoint from, PolicyEndpoint to, ushort port, ushort target, ulong? number = null, SubjectTables tables = default)
    {
        if (_world.IsHere(from))
        {
            // Either device of it is its.
            _datapath.State = _world.Sending(from);
            Set(new(Datapath.Device), number ?? _world.NumberOf(from), tables);
        }

        var (source, asked) = (from.ClusterAddresses.First, to.ClusterAddresses.First);
        return _world.Send(_datapath, new AttemptEnd.OfEndpoint(from, source), new AttemptEnd.OfEndpoint(to, asked), mac =>
            IpFrame.Of(source, asked, PolicyFrames.Udp, PolicyFrames.Transport(PolicyFrames.Udp, port, target), mac)) is not Outcome.Drop;
    }

    private void Set(IfIndex device, ulong number, SubjectTables tables) => _datapath.Policies.SetSubject(device, number, new(tables, tables, 1));
}
