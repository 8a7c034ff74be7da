using System.Text.Json;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Core.Intents;

/// <summary>Writes endpoint groups and policies as an intent has them; of none nothing, as most intents have it.</summary>
internal static class PolicyWriter
{
    public static void WriteGroups(Utf8JsonWriter json, IEnumerable<GroupRecord> groups) => WriteList(json, "EndpointGroups", groups, group =>
    {
        json.WriteStartObject();
        json.WriteString("Name", group.Id.Group);
        if (!group.Policies.IsEmpty)
        {
            json.WriteStartArray("Policies");
            foreach (var policy in group.Policies)
            {
                json.WriteStringValue(policy);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    });

    public static void WritePolicies(Utf8JsonWriter json, IEnumerable<PolicyRecord> policies) => WriteList(json, "Policies", policies, policy =>
    {
        json.WriteStartObject();
        json.WriteString("Name", policy.Name.Name);
        json.WriteStartArray("Rules");
        foreach (var rule in policy.Rules)
        {
            WriteRule(json, rule);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteRule(Utf8JsonWriter json, IntentRule rule)
    {
        var (direction, side) = rule.Direction == PolicyDirection.Ingress ? ("in", "From") : ("out", "To");
        json.WriteStartObject();
        json.WriteString("RuleID", rule.RuleId);
        json.WriteString("Direction", direction);
        json.WriteNumber("Priority", rule.Priority);
        WriteText($"{side}EndpointGroup", rule.Peer.Group?.Group);
        WriteText($"{side}Network", rule.Peer.Network?.Network);
        WriteText($"{side}IPAddress", rule.Peer.Addresses?.ToString());
        WriteText("Protocol", rule.Protocol == IntentProtocol.Any ? null : rule.Protocol.ToString());
        if (rule.Port > 0)
        {
            json.WriteNumber("Port", rule.Port);
        }

        json.WriteString("Action", rule.Allow ? "allow" : "deny");
        json.WriteEndObject();

        void WriteText(string field, string? text)
        {
            if (text is not null)
            {
                json.WriteString(field, text);
            }
        }
    }

    private static void WriteList<T>(Utf8JsonWriter json, string field, IEnumerable<T> items, Action<T> write)
    {
        var all = items.ToArray();
        if (all.Length == 0)
        {
            return;
        }

        json.WriteStartArray(field);
        foreach (var item in all)
        {
            write(item);
        }

        json.WriteEndArray();
    }
}
