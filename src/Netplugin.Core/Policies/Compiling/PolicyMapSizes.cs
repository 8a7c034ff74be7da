using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The maps that may have no room for what policies say.</summary>
public enum PolicyMap
{
    /// <summary>Identities by address.</summary>
    Identities,

    /// <summary>Identities by block of addresses.</summary>
    IdentityBlocks,

    /// <summary>Tables' verdicts.</summary>
    Verdicts,

    /// <summary>The entries of port programs.</summary>
    PortEntries,

    /// <summary>Reasons, by what they have denied.</summary>
    Reasons,
}

/// <summary>Numbers of entries in the maps that policies are enforced by.</summary>
/// <param name="Identities">Of <see cref="PolicyMap.Identities"/>.</param>
/// <param name="IdentityBlocks">Of <see cref="PolicyMap.IdentityBlocks"/>.</param>
/// <param name="Verdicts">Of <see cref="PolicyMap.Verdicts"/>.</param>
/// <param name="PortEntries">Of <see cref="PolicyMap.PortEntries"/>.</param>
/// <param name="Reasons">Of <see cref="PolicyMap.Reasons"/>.</param>
public readonly record struct PolicyMapSizes(int Identities, int IdentityBlocks, int Verdicts, int PortEntries, int Reasons)
{
    /// <summary>How many entries the maps have room for: <c>bpf/policies.h</c>.</summary>
    public static PolicyMapSizes OfMaps => new(1 << 19, 1 << 16, 1 << 20, 1 << 19, 1 << 17);

    /// <summary>The number of one of them.</summary>
    public int this[PolicyMap map] => map switch
    {
        PolicyMap.Identities => Identities,
        PolicyMap.IdentityBlocks => IdentityBlocks,
        PolicyMap.Verdicts => Verdicts,
        PolicyMap.PortEntries => PortEntries,
        _ => Reasons,
    };

    /// <summary>Each with more.</summary>
    public static PolicyMapSizes operator +(PolicyMapSizes left, PolicyMapSizes right) => new(
        left.Identities + right.Identities,
        left.IdentityBlocks + right.IdentityBlocks,
        left.Verdicts + right.Verdicts,
        left.PortEntries + right.PortEntries,
        left.Reasons + right.Reasons);

    /// <summary>Each with less.</summary>
    public static PolicyMapSizes operator -(PolicyMapSizes left, PolicyMapSizes right) => new(
        left.Identities - right.Identities,
        left.IdentityBlocks - right.IdentityBlocks,
        left.Verdicts - right.Verdicts,
        left.PortEntries - right.PortEntries,
        left.Reasons - right.Reasons);

    /// <summary>Adds others.</summary>
    public static PolicyMapSizes Add(PolicyMapSizes left, PolicyMapSizes right) => left + right;

    /// <summary>Takes others away.</summary>
    public static PolicyMapSizes Subtract(PolicyMapSizes left, PolicyMapSizes right) => left - right;

    /// <summary>What removals take away.</summary>
    internal static PolicyMapSizes Of(IEnumerable<PolicyChange> removals)
    {
        PolicyMapSizes sum = default;
        foreach (var removal in removals)
        {
            sum += removal switch
            {
                PolicyChange.AddressGone => new(1, 0, 0, 0, 0),
                PolicyChange.BlockGone => new(0, 1, 0, 0, 0),
                PolicyChange.VerdictGone => new(0, 0, 1, 0, 0),
                PolicyChange.ProgramGone program => new(0, 0, 0, program.Entries.Count, 0),
                PolicyChange.ReasonGone => new(0, 0, 0, 0, 1),
                _ => default,
            };
        }

        return sum;
    }
}

/// <summary>A map without room for something: what is new is written before what is old is removed.</summary>
/// <param name="Map">The map.</param>
/// <param name="Needed">How many entries it would have had meanwhile.</param>
/// <param name="Size">How many it has room for.</param>
public readonly record struct PolicyMapShortage(PolicyMap Map, int Needed, int Size);

/// <summary>An endpoint of this node to which the maps do not do what its policies say.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Policies">The policies that are for it, in order; none where none is any more: also what only goes makes other entries of what stays.</param>
/// <param name="Shortage">What is missing.</param>
/// <param name="IsClosed">True: everything is denied to it. False: what policies last said to it goes on.</param>
public sealed record UnfitEndpoint(EndpointId Endpoint, ValueArray<PolicyId> Policies, PolicyMapShortage Shortage, bool IsClosed);
