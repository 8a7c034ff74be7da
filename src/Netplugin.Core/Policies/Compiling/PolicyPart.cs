using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>What a policy says of a direction. Parts that say the same are equal, so that a policy that changes keeps the tables of the other direction, and one that goes and comes again all.</summary>
internal sealed class PolicyPart : IEquatable<PolicyPart>
{
    private readonly int _hash;

    public PolicyPart(NormalPolicy policy, PolicyDirection direction)
    {
        Id = policy.Id;
        Stage = policy.Stage;
        Isolates = policy.Isolates(direction);
        Rules = [.. policy.Rules.Where(rule => rule.Id.Direction == direction)];
        AsksNetwork = Rules.Any(rule => rule.Peers.Any(peer => peer is NormalPeer.NetworkBlock or NormalPeer.Group { Within: not null }));
        PortNames = [.. Rules.SelectMany(rule => rule.Traffic).OfType<NormalTraffic.Named>().Distinct()];
        _hash = HashCode.Combine(Id, Stage, Isolates, Rules);
    }

    public PolicyId Id { get; }

    public PolicyStage Stage { get; }

    public bool Isolates { get; }

    public ValueArray<NormalRule> Rules { get; }

    /// <summary>True when what it says depends on the subject's network.</summary>
    public bool AsksNetwork { get; }

    /// <summary>The named ports in its rules.</summary>
    public NormalTraffic.Named[] PortNames { get; }

    /// <summary>True when it says nothing.</summary>
    public bool IsEmpty => Rules.IsEmpty && !Isolates;

    /// <summary>True when both say the same of the same direction; the rules have it in their names.</summary>
    public bool Equals(PolicyPart? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && Id == other.Id && Stage == other.Stage && Isolates == other.Isolates && Rules == other.Rules);

    public override bool Equals(object? obj) => Equals(obj as PolicyPart);

    public override int GetHashCode() => _hash;
}

/// <summary>All that the content of a table depends on. Endpoints for which that is the same have the same table.</summary>
/// <param name="Direction">Of which direction it is.</param>
/// <param name="Parts">What the policies say, by name of policy.</param>
/// <param name="Network">The subject's network, where a part asks it; else <c>default</c>.</param>
/// <param name="Ports">The subject's ports that ingress rules name, in order.</param>
internal readonly record struct TableKey(PolicyDirection Direction, ValueArray<PolicyPart> Parts, NetworkId Network, ValueArray<NamedPort> Ports)
{
    /// <summary>The key of an endpoint's table for the policies that are for it.</summary>
    public static TableKey Of(PolicyDirection direction, PolicyEndpoint endpoint, IEnumerable<PolicyPart> parts)
    {
        PolicyPart[] all = [.. parts];
        var asked = direction == PolicyDirection.Ingress ? all.SelectMany(part => part.PortNames).Select(port => (port.Transport, port.Name)).ToHashSet() : [];
        return new(
            direction,
            [.. all],
            all.Any(part => part.AsksNetwork) ? endpoint.Id.Network : default,
            asked.Count == 0 || endpoint.Pod is not { } pod
                ? []
                : [.. pod.Ports.Where(port => asked.Contains((port.Protocol, port.Name))).Distinct().OrderBy(port => (port.Name, port.Protocol, port.Number))]);
    }
}
