using System.Globalization;
using System.Text.RegularExpressions;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Normal;
using Netplugin.Tests.Support.Policies;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies;

/// <summary>What node n2 does when its maps have no room for something.</summary>
public sealed class MapRoomScenarioTests
{
    private static readonly NetworkPolicy OpenToWeb = Ingress("app=db", From(new NetworkPolicyPeer.Pods(null, Select("app=web"))));

    // Six prefixes, beside the probe's pods.
    private static readonly NetworkPolicy Wide = Ingress(
        "app=db", From([new NetworkPolicyPeer.Pods(Select("team=ops"), null), .. Enumerable.Range(0, 6).Select(i => new NetworkPolicyPeer.IpBlock(IpPrefix.Parse($"203.0.{i}.0/24"), []))]));

    private static readonly PolicyMapSizes FourBlocks = PolicyMapSizes.OfMaps with { IdentityBlocks = 4 };
    private readonly PolicyCompiler _compiler = new("n2");
    private readonly PolicyTables _maps = new();

    [Fact]
    public void A_policy_that_does_not_fit_leaves_what_there_was_until_there_is_room()
    {
        _compiler.Sizes = FourBlocks;
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(Probe), Told.Of(NetworkPolicyNormal.Of(OpenToWeb)));
        Assert.Empty(_compiler.Unfit);
        Tell(Told.Of(NetworkPolicyNormal.Of(Wide)));
        Assert.Equal(new(Db.Id, [OpenToWeb.Id], new(PolicyMap.IdentityBlocks, 6, 4), false), Assert.Single(_compiler.Unfit));
        Assert.True(IsOpen("web", Db));
        Assert.False(IsOpen("probe", Db));

        // A pod that comes meanwhile is a peer like the others.
        Tell(Told.Of(Pod("shop", "web2", "app=web", "10.1.0.7", "n1")));
        Assert.True(IsOpen("10.1.0.7", Db));
        Assert.NotEmpty(_compiler.Unfit);

        _compiler.Sizes = PolicyMapSizes.OfMaps;
        Tell();
        Assert.Empty(_compiler.Unfit);
        Assert.False(IsOpen("web", Db));
        Assert.True(IsOpen("probe", Db));
    }

    [Fact]
    public void A_pod_whose_policy_does_not_fit_is_closed_and_the_others_are_not()
    {
        _compiler.Sizes = FourBlocks;
        var pod = Pod("shop", "late", "app=late", "10.1.1.2", "n2");
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(Probe), Told.Of(NetworkPolicyNormal.Of(OpenToWeb)));
        var late = Wide with { Name = new("shop", "late"), PodSelector = Select("app=late") };
        Tell(Told.Of(pod), Told.Of(NetworkPolicyNormal.Of(late)));
        Assert.Equal(new(pod.Id, [late.Id], new(PolicyMap.IdentityBlocks, 6, 4), true), Assert.Single(_compiler.Unfit));
        Assert.False(IsOpen("probe", pod));
        Assert.True(IsOpen("web", Db));

        // Its policy goes: nothing is asked of its peers any more.
        Tell(Told.Of(NetworkPolicyNormal.Of(late)) with { Set = compiler => compiler.Remove(late.Id) });
        Assert.Empty(_compiler.Unfit);
        Assert.True(IsOpen("probe", pod));
    }

    [Fact]
    public void A_pod_that_is_made_anew_does_not_go_on_with_what_its_namesake_had()
    {
        _compiler.Sizes = FourBlocks;
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(NetworkPolicyNormal.Of(OpenToWeb)));
        _compiler.Remove(Db.Id);
        Tell(Told.Of(Db), Told.Of(NetworkPolicyNormal.Of(Wide)));
        Assert.True(Assert.Single(_compiler.Unfit).IsClosed);
        Assert.False(IsOpen("web", Db));
    }

    [Fact]
    public void An_endpoint_whose_tables_cannot_know_a_peer_that_they_deny_is_closed()
    {
        _compiler.Sizes = PolicyMapSizes.OfMaps with { Identities = 1 };
        var another = Pod("ops", "another", "app=probe", "10.1.0.3", "n1");
        var policy = ClusterNetworkPolicyNormal.Of(Cluster("no-ops", ClusterPolicyTier.Admin, 1, Rule(PolicyAction.Deny, Team("ops"))));
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(Probe), Told.Of(policy));
        Assert.True(IsOpen("web", Db));
        Assert.False(IsOpen("probe", Db));
        Tell(Told.Of(another));
        Assert.Equal(new(Db.Id, [policy.Id], new(PolicyMap.Identities, 2, 1), true), Assert.Single(_compiler.Unfit));
        Assert.False(IsOpen("10.1.0.3", Db));
        _compiler.Remove(another.Id);
        Tell();
        Assert.Empty(_compiler.Unfit);
        Assert.True(IsOpen("web", Db));
        Assert.False(IsOpen("probe", Db));
    }

    [Fact]
    public void Who_was_closed_for_others_in_vain_keeps_what_it_had()
    {
        _compiler.Sizes = FourBlocks with { Verdicts = 3 };
        var (a, b) = (Pod("shop", "a", "app=a", "10.1.1.2", "n2"), Pod("shop", "b", "app=b", "10.1.1.3", "n2"));
        var (fromX, fromY) = (new NetworkPolicyPeer.Pods(null, Select("app=x")), new NetworkPolicyPeer.Pods(null, Select("app=y")));
        var forA = Ingress("app=a", From(fromX, fromY)) with { Name = new("shop", "a") };
        var forB = Ingress("app=b", From(fromX)) with { Name = new("shop", "b") };
        Tell(Told.Of(a), Told.Of(b), Told.Of(NetworkPolicyNormal.Of(forA)), Told.Of(NetworkPolicyNormal.Of(forB)));
        Assert.Empty(_compiler.Unfit);

        // A verdict more has room: b's about x, but not a's about both.
        Tell(
            Told.Of(Pod("shop", "x", "app=x", "10.1.0.7", "n1")),
            Told.Of(Pod("shop", "y", "app=y", "10.1.0.8", "n1")),
            Told.Of(NetworkPolicyNormal.Of(forB with { Ingress = Wide.Ingress })));
        Assert.Equal([(a.Id, PolicyMap.Verdicts, true), (b.Id, PolicyMap.IdentityBlocks, false)], _compiler.Unfit.Select(one => (one.Endpoint, one.Shortage.Map, one.IsClosed)));
        Assert.Equal([false, false, true, false], ((PolicyEndpoint[])[a, b]).SelectMany(to => (bool[])[IsOpen("10.1.0.7", to), IsOpen("10.1.0.8", to)]));
    }

    [Fact]
    public void Maps_that_have_more_than_they_may_can_become_less()
    {
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(Probe), Told.Of(NetworkPolicyNormal.Of(OpenToWeb)));
        _compiler.Sizes = default;
        _compiler.Remove(OpenToWeb.Id);
        Tell();
        Assert.Empty(_compiler.Unfit);
        Assert.True(IsOpen("probe", Db));
    }

    [Fact]
    public void The_old_is_there_until_the_new_is_written()
    {
        // Each of the policies needs two verdicts: one more for the time in which both are there has no room, though one of them would have.
        _compiler.Sizes = PolicyMapSizes.OfMaps with { Verdicts = 3 };
        Tell(Told.Of(Web), Told.Of(Db), Told.Of(Probe), Told.Of(NetworkPolicyNormal.Of(OpenToWeb)));
        var open = Ingress("app=db", From(new NetworkPolicyPeer.Pods(Select("team=ops"), null)));
        Tell(Told.Of(NetworkPolicyNormal.Of(open)));
        Assert.Equal(new(PolicyMap.Verdicts, 4, 3), Assert.Single(_compiler.Unfit).Shortage);
        Assert.Equal(2, _maps.Verdicts);
    }

    [Fact]
    public void The_sizes_are_those_of_the_maps()
    {
        var header = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "bpf", "policies.h"));
        Assert.Equal(new(Size("IDENTITIES"), Size("IDENTITY_BLOCKS"), Size("VERDICTS"), Size("PORTS"), Size("REASON_COUNTS")), PolicyMapSizes.OfMaps);

        int Size(string name) => 1 << int.Parse(Regex.Match(header, $@"#define NP_{name}_MAX \(1 << (\d+)\)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private void Tell(params Told[] objects)
    {
        Array.ForEach(objects, one => one.Set(_compiler));
        _maps.Apply(_compiler.TakeChanges());
    }

    private bool IsOpen(string from, PolicyEndpoint to) => _maps.Decide(to.Id, PolicyDirection.Ingress, PolicyCases.PlaneOf(End(from)), Tcp, 80, false).IsAllowed;
}
