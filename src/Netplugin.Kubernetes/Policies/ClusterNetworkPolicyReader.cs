using System.Globalization;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Field = Netplugin.Kubernetes.Policies.FieldReader.Field;

namespace Netplugin.Kubernetes.Policies;

/// <summary>
/// Reads ClusterNetworkPolicies (policy.networking.k8s.io/v1alpha2): every field of the standard channel, and of the experimental one peers that are nodes (<c>nodes</c>) and named ports
/// (<c>destinationNamedPort</c>). Domain names are a kind of peer that is not known here.
/// </summary>
public static class ClusterNetworkPolicyReader
{
    // The limits of the API's own definition (CustomResourceDefinition).
    private const int MostItems = 25;
    private const int LongestName = 100;
    private const int MostPriority = 1000;

    /// <summary>
    /// Reads one. A rule with anything wrong in it fails closed as the API says it must, and so do all when something is wrong outside them. Without subject, tier or priority there is
    /// no policy: a guess at those would be a guess at the whole cluster.
    /// </summary>
    /// <param name="json">The object.</param>
    /// <exception cref="JsonException">It has no name, or text that is not Unicode.</exception>
    public static PolicyReadResult<ClusterNetworkPolicy> Read(JsonElement json) =>
        PolicyObject.Read<ClusterNetworkPolicy>(json, (fields, name, spec) => ReadSpec(fields, name.Name, spec));

    private static ClusterNetworkPolicy? ReadSpec(FieldReader fields, string name, Field? spec)
    {
        ClusterPolicyTier? tier = null;
        int? priority = null;
        ClusterPodSelector? subject = null;
        ValueArray<ClusterPolicyRule> ingress = [], egress = [];
        HashSet<string> seen = [];
        foreach (var field in spec is { } given ? fields.Fields(given) : [])
        {
            seen.Add(field.Name);
            switch (field.Name)
            {
                case "tier":
                    tier = fields.OneOf(field, ("Admin", ClusterPolicyTier.Admin), ("Baseline", ClusterPolicyTier.Baseline));
                    break;
                case "priority":
                    priority = fields.Number(field, 0, MostPriority);
                    break;
                case "subject":
                    subject = ReadSubject(fields, field);
                    break;
                case "ingress":
                    ingress = fields.Rules(field, rule => ReadRule(fields, rule, PolicyDirection.Ingress), MostItems);
                    break;
                case "egress":
                    egress = fields.Rules(field, rule => ReadRule(fields, rule, PolicyDirection.Egress), MostItems);
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        foreach (var missing in ((string[])["tier", "priority", "subject"]).Where(one => !seen.Contains(one)))
        {
            fields.Add($"spec.{missing}", "must be given");
        }

        if (fields.HasProblemsOutsideRules)
        {
            ingress = Closed(ingress);
            egress = Closed(egress);
        }

        return tier is null || priority is null || subject is null ? null : new(name, tier.Value, priority.Value, subject, ingress, egress);
    }

    private static ValueArray<ClusterPolicyRule> Closed(ValueArray<ClusterPolicyRule> rules) => [.. rules.Select(rule => rule with { IsReadable = false })];

    private static ClusterPolicyRule ReadRule(FieldReader fields, Field rule, PolicyDirection direction)
    {
        var name = "";
        PolicyAction? action = null;
        ValueArray<ClusterPolicyPeer> peers = [];
        ValueArray<ClusterPolicyProtocol> protocols = [];
        var peersName = direction == PolicyDirection.Ingress ? "from" : "to";
        HashSet<string> seen = [];
        var before = fields.Count;
        foreach (var field in fields.Fields(rule))
        {
            seen.Add(field.Name);
            switch (field.Name)
            {
                case "name":
                    name = fields.Text(field) ?? "";
                    if (name.Length > LongestName)
                    {
                        fields.Add(field.Path, string.Create(CultureInfo.InvariantCulture, $"must have at most {LongestName} characters"));
                    }

                    break;
                case "action":
                    action = fields.OneOf(field, ("Accept", PolicyAction.Accept), ("Deny", PolicyAction.Deny), ("Pass", PolicyAction.Pass));
                    break;
                case "protocols":
                    protocols = fields.List(field, protocol => ReadProtocol(fields, protocol), 1, MostItems);
                    break;
                default:
                    if (field.Name == peersName)
                    {
                        peers = fields.List(field, peer => ReadPeer(fields, peer, direction), 1, MostItems);
                    }
                    else
                    {
                        fields.AddUnknown(field);
                    }

                    break;
            }
        }

        foreach (var missing in ((string[])["action", peersName]).Where(one => !seen.Contains(one)))
        {
            fields.Add($"{rule.Path}.{missing}", "must be given");
        }

        if (protocols.Any(protocol => protocol is ClusterPolicyProtocol.Named) && peers.Any(peer => peer is not ClusterPolicyPeer.Pods))
        {
            fields.Add($"{rule.Path}.protocols", "must not name a port in a rule for nodes or networks, which have no named ports");
        }

        // An action that is not known may be anything but one that allows.
        return new(name, action ?? PolicyAction.Deny, peers, protocols) { IsReadable = fields.Count == before };
    }

    // One without any field may be of a kind that the API server's definition does not know either, and dropped.
    private static ClusterPolicyPeer? ReadPeer(FieldReader fields, Field peer, PolicyDirection direction)
    {
        return fields.One(peer, Read, $"must be one of namespaces, pods{(direction == PolicyDirection.Egress ? ", nodes, networks" : "")}");

        ClusterPolicyPeer? Read(Field field)
        {
            switch (field.Name)
            {
                case "namespaces":
                    return new ClusterPolicyPeer.Pods(new(fields.Selector(field), LabelSelector.Everything));
                case "pods":
                    return new ClusterPolicyPeer.Pods(ReadNamespacedPod(fields, field));
                case "nodes" when direction == PolicyDirection.Egress:
                    return new ClusterPolicyPeer.Nodes(fields.Selector(field));
                case "networks" when direction == PolicyDirection.Egress:
                    return new ClusterPolicyPeer.Networks([.. fields.Items(field, 1, MostItems).Select(fields.Prefix).OfType<IpPrefix>()]);
                default:
                    fields.Add(field.Path, "unknown kind of peer");
                    return null;
            }
        }
    }

    private static ClusterPodSelector? ReadSubject(FieldReader fields, Field subject)
    {
        return fields.One(subject, Read, "must have namespaces or pods, and not both");

        ClusterPodSelector? Read(Field field)
        {
            switch (field.Name)
            {
                case "namespaces":
                    return new(fields.Selector(field), LabelSelector.Everything);
                case "pods":
                    return ReadNamespacedPod(fields, field);
                default:
                    fields.AddUnknown(field);
                    return null;
            }
        }
    }

    private static ClusterPodSelector ReadNamespacedPod(FieldReader fields, Field pods)
    {
        LabelSelector? namespaces = null, selector = null;
        foreach (var field in fields.Fields(pods))
        {
            switch (field.Name)
            {
                case "namespaceSelector":
                    namespaces = fields.Selector(field);
                    break;
                case "podSelector":
                    selector = fields.Selector(field);
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        // NamespacedPod.namespaceSelector is optional, podSelector is not.
        if (selector is null)
        {
            fields.Add($"{pods.Path}.podSelector", "must be given");
        }

        return new(namespaces ?? LabelSelector.Everything, selector ?? LabelSelector.Everything);
    }

    private static ClusterPolicyProtocol? ReadProtocol(FieldReader fields, Field protocol)
    {
        return fields.One(protocol, Read, "must be one of tcp, udp, sctp, destinationNamedPort");

        ClusterPolicyProtocol? Read(Field field)
        {
            switch (field.Name)
            {
                case "tcp":
                    return ReadTransport(fields, field, TransportProtocol.Tcp);
                case "udp":
                    return ReadTransport(fields, field, TransportProtocol.Udp);
                case "sctp":
                    return ReadTransport(fields, field, TransportProtocol.Sctp);
                case "destinationNamedPort":
                    var name = fields.Text(field);
                    if (name is { Length: 0 })
                    {
                        fields.Add(field.Path, "must not be empty");
                    }

                    return name is null ? null : new ClusterPolicyProtocol.Named(name);
                default:
                    fields.Add(field.Path, "unknown kind of protocol");
                    return null;
            }
        }
    }

    // The API's definition wants at least one property, so one without any has lost what it asked for.
    private static ClusterPolicyProtocol.Ports? ReadTransport(FieldReader fields, Field transport, TransportProtocol protocol)
    {
        ClusterPolicyProtocol.Ports? ports = null;
        var before = fields.Count;
        foreach (var field in fields.Fields(transport))
        {
            if (field.Name == "destinationPort")
            {
                ports = ReadPorts(fields, field, protocol);
            }
            else
            {
                fields.AddUnknown(field);
            }
        }

        if (fields.Count == before && ports is null)
        {
            fields.Add($"{transport.Path}.destinationPort", "must be given");
        }

        return ports;
    }

    private static ClusterPolicyProtocol.Ports? ReadPorts(FieldReader fields, Field port, TransportProtocol protocol)
    {
        return fields.One(port, Read, "must have number or range, and not both");

        ClusterPolicyProtocol.Ports? Read(Field field)
        {
            switch (field.Name)
            {
                case "number":
                    return fields.Port(field) is { } number ? new(protocol, number, number) : null;
                case "range":
                    return ReadRange(fields, field, protocol);
                default:
                    fields.AddUnknown(field);
                    return null;
            }
        }
    }

    private static ClusterPolicyProtocol.Ports? ReadRange(FieldReader fields, Field range, TransportProtocol protocol)
    {
        ushort? start = null, end = null;
        var before = fields.Count;
        foreach (var field in fields.Fields(range))
        {
            switch (field.Name)
            {
                case "start":
                    start = fields.Port(field);
                    break;
                case "end":
                    end = fields.Port(field);
                    break;
                default:
                    fields.AddUnknown(field);
                    break;
            }
        }

        if (fields.Count == before && (start is null || end is null || start >= end))
        {
            fields.Add(range.Path, "must have a start and an end, and the start must be less than the end");
        }

        return fields.Count == before ? new(protocol, start!.Value, end!.Value) : null;
    }
}
