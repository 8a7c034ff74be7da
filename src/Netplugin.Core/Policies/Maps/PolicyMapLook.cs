using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>Looks a decision up in the maps, entry by entry as the programs do (<c>bpf/police.h</c>).</summary>
public static class PolicyMapLook
{
    /// <summary>What a packet between an endpoint and somebody else would meet now.</summary>
    /// <param name="maps">The maps.</param>
    /// <param name="device">The endpoint's device.</param>
    /// <param name="direction">Whether the endpoint is to get it, or sends it.</param>
    /// <param name="peer">The other end's address, in the plane of the packet.</param>
    /// <param name="protocol">IANA's number.</param>
    /// <param name="port">The destination port; 0 for protocols without ports.</param>
    /// <returns>
    /// The decision: never <see cref="VerdictKind.Program"/>. Null: nothing was ever enforced here. Of an endpoint that is closed, one that denies without a number.
    /// </returns>
    public static Verdict? Decide(IPolicyMaps maps, IfIndex device, PolicyDirection direction, IdentityKey peer, byte protocol, ushort port)
    {
        ArgumentNullException.ThrowIfNull(maps);
        var generation = maps.Generation;
        if (generation == 0)
        {
            return null;
        }

        var tables = maps.FindSubject(device)?.At(generation) ?? SubjectTables.Closed;
        var table = direction == PolicyDirection.Ingress ? tables.Ingress : tables.Egress;
        if (table == SubjectTables.OpenTable)
        {
            return Verdict.Undecided;
        }

        var identity = IdentityOf(maps, peer, generation);
        var verdict = maps.FindVerdict(new(table, identity)) ?? maps.FindVerdict(new(table, 0)) ?? default;
        return verdict.Kind == VerdictKind.Program ? maps.FindPort(verdict.Number, protocol, port) ?? default : verdict;
    }

    // Networks' own planes have no blocks.
    private static uint IdentityOf(IPolicyMaps maps, IdentityKey peer, ulong generation) =>
        (maps.FindIdentity(peer) ?? (peer.Network == DatapathState.Cluster ? maps.FindBlock(peer.Address) : null))?.At(generation) ?? 0;
}
