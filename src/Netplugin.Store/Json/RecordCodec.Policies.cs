using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Store.Json;

/// <content>Endpoint groups and policies.</content>
public static partial class RecordCodec
{
    /// <summary>Value of <see cref="StoreKeys.Group"/>.</summary>
    public static byte[] Encode(GroupRecord group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var (network, name) = (group.Id.Network, group.Id.Group);
        return Write(new GroupDocument(network.Tenant, network.Network, name, group.Post, OrNull(group.Policies.Items)), Json.GroupDocument);
    }

    /// <summary>Value of <see cref="StoreKeys.Policy"/>.</summary>
    public static byte[] Encode(PolicyRecord policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Write(new PolicyDocument(policy.Name.Tenant, policy.Name.Name, policy.Post, OrNull([.. policy.Rules.Select(Document)])), Json.PolicyDocument);
    }

    /// <summary>Reads what <see cref="Encode(GroupRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static GroupRecord DecodeGroup(StoreEntry entry)
    {
        var read = Read(entry, Json.GroupDocument);
        return new(new(new(read.Tenant, read.Network), read.Group), new(ToArray(read.Policies)), read.Post);
    }

    /// <summary>Reads what <see cref="Encode(PolicyRecord)"/> wrote.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static PolicyRecord DecodePolicy(StoreEntry entry)
    {
        var read = Read(entry, Json.PolicyDocument);
        return new(new(read.Tenant, read.Policy), [.. (read.Rules ?? []).Select(rule => Rule(read.Tenant, rule))], read.Post);
    }

    private static RuleDocument Document(IntentRule rule) => new(
        rule.RuleId,
        rule.Direction,
        rule.Priority,
        rule.Allow,
        rule.Peer.Group?.Network.Network,
        rule.Peer.Group?.Group,
        rule.Peer.Network?.Network,
        rule.Peer.Addresses,
        rule.Protocol.Number,
        rule.Protocol.IsIcmp,
        rule.Port);

    private static IntentRule Rule(string tenant, RuleDocument rule) => new(
        rule.RuleId,
        rule.Direction,
        rule.Priority,
        new(
            rule is { GroupNetwork: { } of, Group: { } group } ? new GroupId(new(tenant, of), group) : null,
            rule.Network is { } network ? new NetworkId(tenant, network) : null,
            rule.Addresses),
        new(rule.Protocol, rule.Icmp),
        rule.Port,
        rule.Allow);
}
