using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Core.Policies.Normal;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>A writer of node n1 of <see cref="ShopCluster"/> over a model of its maps, to look at the maps themselves.</summary>
internal sealed class MapTestNode
{
    public static readonly IfIndex Device = new(7);
    public static readonly IfIndex Another = new(8);

    public ModelPolicyMaps Maps { get; } = new();

    public Dictionary<NetworkId, uint> Numbers { get; } = [];

    public PolicyMapWriter Writer { get; private set; } = null!;

    public PolicyCompiler Compiler { get; private set; } = null!;

    public MapTestNode Start()
    {
        Writer = new(Maps, network => Numbers.TryGetValue(network, out var number) ? number : null);
        Writer.Begin();
        Compiler = new("n1", Writer.Generation, Writer.LastNumber);
        return this;
    }

    public MapTestNode Set(params PolicyEndpoint[] endpoints)
    {
        Array.ForEach(endpoints, Compiler.Set);
        return this;
    }

    public MapTestNode Set(NetworkPolicy policy)
    {
        Compiler.Set(NetworkPolicyNormal.Of(policy));
        return this;
    }

    public MapTestNode Apply()
    {
        Writer.Apply(Compiler.TakeChanges());
        Writer.RemoveFormer();
        return this;
    }

    /// <summary>What packets of a device find.</summary>
    public SubjectTables? TablesOf(IfIndex device) => Maps.ReadSubjects().Where(subject => subject.Device == device).Select(subject => (SubjectTables?)subject.Tables.At(Maps.Generation)).SingleOrDefault();

    /// <summary>What packets find of addresses that have entries.</summary>
    public Dictionary<IdentityKey, uint> Identities() => Maps.ReadIdentities().ToDictionary(one => one.Key, one => one.Value.At(Maps.Generation));
}
