using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>
/// A compiler and a writer of a node over a model of its maps, in which each endpoint has a device, and each network a number. At every write packets are judged: of the present generation, and of the
/// one before while programs may be in it.
/// </summary>
/// <param name="maps">The maps.</param>
/// <param name="judged">Between whom packets are; none: nothing is judged.</param>
internal sealed class WrittenNode(ModelPolicyMaps maps, params PolicyCase[] judged)
{
    private const string Name = "n0";
    private readonly Dictionary<EndpointId, IfIndex> _devices = [];
    private readonly Dictionary<uint, PolicyReason> _reasons = [];
    private readonly Dictionary<ulong, List<(bool, PolicyReason?)>> _answers = [];

    public ModelPolicyMaps Maps => maps;

    public Dictionary<NetworkId, uint> Numbers { get; } = new() { [new("t", "x")] = 10001, [new("t", "y")] = 10002, [new("u", "x")] = 10003 };

    public PolicyMapWriter Writer { get; private set; } = null!;

    public PolicyCompiler Compiler { get; private set; } = null!;

    /// <summary>What the compiler wants.</summary>
    public PolicyTables Wanted { get; private set; } = null!;

    /// <summary>The endpoints of a case that are on this node.</summary>
    public static EndpointId[] Local(PolicyCase one) => [.. one.Endpoints.Where(endpoint => endpoint.Node == Name).Select(endpoint => endpoint.Id)];

    /// <summary>A daemon starts over what the maps hold.</summary>
    public WrittenNode Start()
    {
        Writer = new(maps, network => Numbers.TryGetValue(network, out var number) ? number : null);
        Writer.Begin();
        Compiler = new(Name, Writer.Generation, Writer.LastNumber);
        Wanted = new();
        maps.Written = Judge;
        return this;
    }

    /// <summary>It hears of all of a case.</summary>
    public WrittenNode Hear(PolicyCase one)
    {
        Array.ForEach(Told.Objects(one), told => told.Set(Compiler));
        return this;
    }

    /// <summary>It hears that one case has become another.</summary>
    public WrittenNode Hear(PolicyCase former, PolicyCase latter)
    {
        var names = Told.Objects(latter).Select(told => told.Name).ToHashSet();
        Array.ForEach([.. Told.Objects(former).Where(told => !names.Contains(told.Name))], told => told.Remove(Compiler));
        return Hear(latter);
    }

    /// <summary>The endpoints of a case that are on this node have their devices.</summary>
    public WrittenNode Attach(PolicyCase one)
    {
        Array.ForEach(Local(one), endpoint => Writer.Attach(endpoint, DeviceOf(endpoint), NumberOf(endpoint)));
        return this;
    }

    public IfIndex DeviceOf(EndpointId endpoint)
    {
        if (!_devices.TryGetValue(endpoint, out var device))
        {
            _devices[endpoint] = device = new(100 + _devices.Count);
        }

        return device;
    }

    public ulong NumberOf(EndpointId endpoint) => (ulong)DeviceOf(endpoint).Value + 1000;

    /// <summary>Applies what changed.</summary>
    public void Apply()
    {
        Compiler.Sizes = Writer.Room;
        var changes = Compiler.TakeChanges();
        foreach (var reason in changes.OfType<PolicyChange.ReasonIs>())
        {
            _reasons[reason.Number] = reason.Reason;
        }

        Wanted.Apply(changes);
        if (judged.Length > 0)
        {
            _answers.TryAdd(maps.Generation, PolicyCases.Answers(Tables(), judged));
            _answers[maps.Generation + 1] = PolicyCases.Answers(Wanted, judged);
        }

        Writer.Apply(changes);
    }

    /// <summary>Applies what changed and removes what the former generation had.</summary>
    public void ApplyWhole()
    {
        Apply();
        Writer.RemoveFormer();
        Assert.False(Writer.HasFormer);
    }

    /// <summary>What packets find.</summary>
    public PolicyTables Tables(ulong? generation = null)
    {
        var endpoints = _devices.ToDictionary(one => one.Value, one => one.Key);
        var networks = Numbers.ToDictionary(one => one.Value, one => one.Key);
        return maps.Tables(number => networks.TryGetValue(number, out var network) ? network : new("", $"{number}"), device => endpoints[device], _reasons, generation);
    }

    /// <summary>The maps are exactly what the compiler wants, and that is a case, whose endpoints alone have devices.</summary>
    public void AssertIs(PolicyCase one)
    {
        var local = Local(one);
        foreach (var (endpoint, device) in _devices.Where(pair => !local.Contains(pair.Key)))
        {
            Writer.Detach(device);
        }

        Assert.Equal(PolicyCases.Compile(new(Name), one).Describe(), Tables().Describe());
        Assert.Equal(maps.Generation, Writer.Generation);
    }

    private void Judge()
    {
        foreach (var generation in judged.Length == 0 ? [] : maps.Former is { } former ? [former, maps.Generation] : (ulong[])[maps.Generation])
        {
            if (_answers.TryGetValue(generation, out var answers))
            {
                Assert.Equal(answers, PolicyCases.Answers(Tables(generation), judged));
            }
        }
    }
}
