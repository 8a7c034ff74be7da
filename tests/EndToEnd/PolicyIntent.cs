using System.Globalization;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Tests.EndToEnd;

/// <summary>A tenant with one network, orange of 11.1.0.0/24, whose groups have a policy each.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Vni">The network's VNI.</param>
/// <param name="Groups">Its groups.</param>
internal sealed record PolicyTenant(string Name, int Vni, params PolicyGroup[] Groups)
{
    /// <summary>The name of each tenant's network.</summary>
    public const string Network = "orange";

    /// <summary>The network.</summary>
    public NetworkId NetworkId => new(Name, Network);
}

/// <summary>A group with its pods and its policy.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pods">Names of its pods, each with <c>=</c> and its address if that is asked for.</param>
/// <param name="Rules">Its rules: <c>in 10 allow tcp/80 front</c>, that is direction, priority, action, protocol or <c>any</c>, and a group, a prefix or both, if not anybody.</param>
internal sealed record PolicyGroup(string Name, string[] Pods, params string[] Rules);

/// <summary>Intents with policies, as netdcli takes them and as the judge does.</summary>
internal static class PolicyIntent
{
    /// <summary>The intent's text.</summary>
    public static string Of(params PolicyTenant[] tenants) => JsonSerializer.Serialize(new
    {
        Tenants = tenants.Select(tenant => new
        {
            tenant.Name,
            DefaultNetType = "vxlan",
            Vxlans = "10001-19000",
            Policies = tenant.Groups.Select(group => new { group.Name, Rules = RulesOf(tenant, group).Select(RuleText) }),
            Networks = new[]
            {
                new
                {
                    Name = PolicyTenant.Network,
                    PktTag = tenant.Vni,
                    SubnetCIDR = "11.1.0.0/24",
                    EndpointGroups = tenant.Groups.Select(group => new { group.Name, Policies = new[] { group.Name } }),
                    Endpoints = tenant.Groups.SelectMany(group => group.Pods, (group, pod) => EndpointText(group, pod.Split('='))),
                },
            },
        }),
    });

    /// <summary>The policies as they are judged.</summary>
    public static PolicySet Policies(params PolicyTenant[] tenants) => new([], [],
    [
        .. from tenant in tenants
           from @group in tenant.Groups
           select new IntentPolicy(tenant.Name, @group.Name, [new GroupId(tenant.NetworkId, @group.Name)], [.. RulesOf(tenant, @group)]),
    ]);

    private static Dictionary<string, string> EndpointText(PolicyGroup group, string[] pod)
    {
        var endpoint = new Dictionary<string, string> { ["Container"] = pod[0], ["Group"] = group.Name };
        if (pod.Length > 1)
        {
            endpoint["IPAddress"] = pod[1];
        }

        return endpoint;
    }

    private static IEnumerable<IntentRule> RulesOf(PolicyTenant tenant, PolicyGroup group) => group.Rules.Select((text, index) =>
    {
        string[] words = text.Split(' ');
        string[] protocol = words[3].Split('/');
        IpPrefix? addresses = null;
        GroupId? peer = null;
        foreach (string word in words.Skip(4))
        {
            if (word.Contains('/', StringComparison.Ordinal))
            {
                addresses = IpPrefix.Parse(word);
            }
            else
            {
                peer = new(tenant.NetworkId, word);
            }
        }

        return new IntentRule(
            (index + 1).ToString(CultureInfo.InvariantCulture),
            words[0] == "in" ? PolicyDirection.Ingress : PolicyDirection.Egress,
            int.Parse(words[1], CultureInfo.InvariantCulture),
            new(peer, null, addresses),
            protocol[0] switch
            {
                "any" => IntentProtocol.Any,
                "icmp" => IntentProtocol.Icmp,
                "tcp" => new((byte)TransportProtocol.Tcp),
                "udp" => new((byte)TransportProtocol.Udp),
                _ => throw new FormatException($"\"{protocol[0]}\" in \"{text}\" is not a protocol"),
            },
            protocol.Length > 1 ? ushort.Parse(protocol[1], CultureInfo.InvariantCulture) : (ushort)0,
            words[2] == "allow");
    });

    private static Dictionary<string, object> RuleText(IntentRule rule)
    {
        bool isIn = rule.Direction == PolicyDirection.Ingress;
        var text = new Dictionary<string, object>
        {
            ["RuleID"] = rule.RuleId,
            ["Direction"] = isIn ? "in" : "out",
            ["Priority"] = rule.Priority,
            ["Action"] = rule.Allow ? "allow" : "deny",
        };
        string side = isIn ? "From" : "To";
        if (rule.Peer.Group is { } group)
        {
            text[side + "EndpointGroup"] = group.Group;
        }

        if (rule.Peer.Addresses is { } addresses)
        {
            text[side + "IPAddress"] = addresses.ToString();
        }

        if (rule.Protocol != IntentProtocol.Any)
        {
            text["Protocol"] = rule.Protocol.ToString();
        }

        if (rule.Port != 0)
        {
            text["Port"] = rule.Port;
        }

        return text;
    }
}
