using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Field = Netplugin.Kubernetes.Policies.FieldReader.Field;

namespace Netplugin.Kubernetes.Policies;

/// <summary>Reads NetworkPolicies (networking.k8s.io/v1).</summary>
public static class NetworkPolicyReader
{
    /// <summary>
    /// Reads one. A rule with anything wrong in it allows nothing. With anything wrong elsewhere nobody knows what the rules are about: then none allows anything, and a policy whose
    /// pods cannot be told isolates its namespace.
    /// </summary>
    /// <param name="json">The object.</param>
    /// <exception cref="JsonException">It has no name, or text that is not Unicode.</exception>
    public static PolicyReadResult<NetworkPolicy> Read(JsonElement json) => PolicyObject.Read<NetworkPolicy>(json, (fields, name, spec) => ReadSpec(fields, name, spec));

    private static NetworkPolicy ReadSpec(FieldReader fields, NamespacedName name, Field? spec)
    {
        var selector = LabelSelector.Everything;
        ValueArray<NetworkPolicyRule> ingress = [], egress = [];
        var hasEgress = false;

        // One that is no object may have been about both directions.
        (bool Ingress, bool Egress)? types = spec is { Value.ValueKind: not JsonValueKind.Object } ? (true, true) : null;
        var isSelectorReadable = true;
        foreach (var field in spec is { } given ? fields.Fields(given) : [])
        {
            switch (field.Name)
            {
                case "podSelector":
                    var before = fields.Count;
                    selector = fields.Selector(field);
                    isSelectorReadable = fields.Count == before;
                    break;
                case "ingress":
                    ingress = fields.Rules(field, rule => ReadRule(fields, rule, "from"));
                    break;
                case "egress":
                    egress = fields.Rules(field, rule => ReadRule(fields, rule, "to"));
                    hasEgress = field.Value.ValueKind != JsonValueKind.Array || field.Value.GetArrayLength() > 0;
                    break;
                case "policyTypes":
                    types = ReadTypes(fields, field);
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        if (fields.HasProblemsOutsideRules)
        {
            ingress = Closed(ingress);
            egress = Closed(egress);
        }

        // NetworkPolicySpec.policyTypes: when not given, Ingress, and Egress if there are egress rules.
        var (isIngress, isEgress) = types ?? (true, hasEgress);
        return new(name, isSelectorReadable ? selector : LabelSelector.Everything, isIngress ? ingress : null, isEgress ? egress : null);
    }

    private static ValueArray<NetworkPolicyRule> Closed(ValueArray<NetworkPolicyRule> rules) => [.. rules.Select(rule => rule with { IsReadable = false })];

    // An empty list is one that is not given. What is in one that cannot be read may be about both directions.
    private static (bool Ingress, bool Egress)? ReadTypes(FieldReader fields, Field types)
    {
        var before = fields.Count;
        var directions = fields.Items(types)
            .Select(item => fields.OneOf(item, ("Ingress", PolicyDirection.Ingress), ("Egress", PolicyDirection.Egress)))
            .ToArray();
        return fields.Count > before ? (true, true)
            : directions.Length == 0 ? null
            : (directions.Contains(PolicyDirection.Ingress), directions.Contains(PolicyDirection.Egress));
    }

    private static NetworkPolicyRule ReadRule(FieldReader fields, Field rule, string peersName)
    {
        ValueArray<NetworkPolicyPeer> peers = [];
        ValueArray<NetworkPolicyPort> ports = [];
        var before = fields.Count;
        foreach (var field in fields.Fields(rule))
        {
            if (field.Name == peersName)
            {
                peers = fields.List(field, peer => ReadPeer(fields, peer));
            }
            else if (field.Name == "ports")
            {
                ports = fields.List(field, port => ReadPort(fields, port));
            }
            else
            {
                fields.AddUnknown(field);
            }
        }

        return new(peers, ports) { IsReadable = fields.Count == before };
    }

    private static NetworkPolicyPeer? ReadPeer(FieldReader fields, Field peer)
    {
        LabelSelector? namespaces = null, pods = null;
        NetworkPolicyPeer.IpBlock? block = null;
        var before = fields.Count;
        foreach (var field in fields.Fields(peer))
        {
            switch (field.Name)
            {
                case "namespaceSelector":
                    namespaces = fields.Selector(field);
                    break;
                case "podSelector":
                    pods = fields.Selector(field);
                    break;
                case "ipBlock":
                    block = ReadBlock(fields, field);
                    break;
                default:
                    fields.Add(field.Path, "unknown kind of peer");
                    break;
            }
        }

        if (fields.Count > before)
        {
            return null;
        }

        if (block is not null)
        {
            if (namespaces is not null || pods is not null)
            {
                fields.Add(peer.Path, "must not have both ipBlock and a selector");
            }

            return block;
        }

        if (namespaces is null && pods is null)
        {
            fields.Add(peer.Path, "must have podSelector, namespaceSelector or ipBlock");
            return null;
        }

        return new NetworkPolicyPeer.Pods(namespaces, pods);
    }

    private static NetworkPolicyPeer.IpBlock? ReadBlock(FieldReader fields, Field block)
    {
        IpPrefix? cidr = null;
        var hasCidr = false;
        List<(string Path, IpPrefix Value)> except = [];
        foreach (var field in fields.Fields(block))
        {
            switch (field.Name)
            {
                case "cidr":
                    (hasCidr, cidr) = (true, fields.Prefix(field));
                    break;
                case "except":
                    except = [.. from item in fields.Items(field) let prefix = fields.Prefix(item) where prefix is not null select (item.Path, prefix.Value)];
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        if (!hasCidr)
        {
            fields.Add($"{block.Path}.cidr", "must be given");
        }

        if (cidr is not { } whole)
        {
            return null;
        }

        foreach (var (path, _) in except.Where(part => !whole.Contains(part.Value.First) || part.Value.Length <= whole.Length))
        {
            fields.Add(path, $"must be a part of {whole}, and not all of it");
        }

        return new(whole, [.. except.Select(part => part.Value)]);
    }

    private static NetworkPolicyPort? ReadPort(FieldReader fields, Field port)
    {
        TransportProtocol? protocol = TransportProtocol.Tcp;
        (ushort? Number, string? Name) first = default;
        ushort? last = null;
        string? lastPath = null;
        var before = fields.Count;
        foreach (var field in fields.Fields(port))
        {
            switch (field.Name)
            {
                case "protocol":
                    protocol = fields.OneOf(field, ("TCP", TransportProtocol.Tcp), ("UDP", TransportProtocol.Udp), ("SCTP", TransportProtocol.Sctp));
                    break;
                case "port":
                    first = field.Value.ValueKind == JsonValueKind.String ? (null, ReadName(fields, field)) : (fields.Port(field), null);
                    break;
                case "endPort":
                    (lastPath, last) = (field.Path, fields.Port(field));
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        if (fields.Count > before)
        {
            return null;
        }

        if (lastPath is not null && first.Number is null)
        {
            fields.Add(lastPath, "must not be given unless port is a number");
        }
        else if (last < first.Number)
        {
            fields.Add(lastPath!, "must not be less than port");
        }

        return first switch
        {
            ({ } number, _) => new NetworkPolicyPort.Range(protocol!.Value, number, last ?? number),
            (_, { } name) => new NetworkPolicyPort.Named(protocol!.Value, name),
            _ => new NetworkPolicyPort.Any(protocol!.Value),
        };
    }

    // core/v1 ContainerPort.name: an IANA_SVC_NAME (RFC 6335 section 5.1), in lower case.
    private static string? ReadName(FieldReader fields, Field field)
    {
        var name = fields.Text(field)!;
        if (name.Length is > 0 and <= 15 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && name.Any(char.IsAsciiLetterLower)
            && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal))
        {
            return name;
        }

        fields.Add(field.Path, "must be a number, or a port's name: 1 to 15 lower case letters, digits and single inner '-', with a letter among them");
        return null;
    }
}
