using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Core.Intents;

/// <content>Endpoint groups and policies.</content>
public static partial class IntentReader
{
    private static readonly FieldTable GroupFields = new("endpoint group", "Name", "Policies");
    private static readonly FieldTable PolicyFields = new("policy", "Name", "Rules");

    private static readonly FieldTable RuleFields = new(
        "rule", "RuleID", "Direction", "Priority", "FromEndpointGroup", "ToEndpointGroup", "FromNetwork", "ToNetwork", "FromIPAddress", "ToIPAddress", "Protocol", "Port", "Action");

    private static GroupIntent? ReadGroup(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? name = null;
        ImmutableArray<Located<string>>? policies = null;
        uint seen = 0;
        while (cursor.NextField(GroupFields, ref seen, out var field))
        {
            if (field == "Name")
            {
                name = cursor.RequiredText(field);
            }
            else
            {
                policies = ReadNames(ref cursor, field, "policy");
            }
        }

        return ReadName(ref cursor, "endpoint group", name, at, seen) is { } checkedName ? new(checkedName, policies) : null;
    }

    private static PolicyIntent? ReadPolicy(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? name = null;
        ImmutableArray<RuleIntent>.Builder? rules = null;
        uint seen = 0;
        while (cursor.NextField(PolicyFields, ref seen, out var field))
        {
            if (field == "Name")
            {
                name = cursor.RequiredText(field);
            }
            else if (cursor.TokenType != JsonTokenType.Null)
            {
                rules = ImmutableArray.CreateBuilder<RuleIntent>();
                ReadList(ref cursor, field, "rule", rules, ReadRule, rule => rule.RuleId);
            }
        }

        return ReadName(ref cursor, "policy", name, at, seen) is { } checkedName ? new(checkedName, rules?.ToImmutable()) : null;
    }

    private static RuleIntent? ReadRule(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? id = null, fromGroup = null, toGroup = null, fromNetwork = null, toNetwork = null;
        Located<PolicyDirection>? direction = null;
        Located<IpPrefix>? fromAddresses = null, toAddresses = null;
        Located<IntentProtocol>? protocol = null;
        Located<int>? priority = null, port = null;
        bool? allow = null;
        var isProtocolKnown = true;
        uint seen = 0;
        while (cursor.NextField(RuleFields, ref seen, out var field))
        {
            switch (field)
            {
                case "RuleID":
                    id = cursor.RequiredText(field);
                    break;
                case "Direction":
                    direction = ReadWord(ref cursor, field, ("in", PolicyDirection.Ingress), ("out", PolicyDirection.Egress));
                    break;
                case "Priority":
                    priority = ReadNumber(ref cursor, field, IntentRule.LowestPriority, IntentRule.HighestPriority);
                    break;
                case "FromEndpointGroup":
                    fromGroup = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                case "ToEndpointGroup":
                    toGroup = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                case "FromNetwork":
                    fromNetwork = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                case "ToNetwork":
                    toNetwork = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                case "FromIPAddress":
                    fromAddresses = ReadBlock(ref cursor, field);
                    break;
                case "ToIPAddress":
                    toAddresses = ReadBlock(ref cursor, field);
                    break;
                case "Protocol":
                    var errors = cursor.ErrorCount;
                    protocol = ReadProtocol(ref cursor, field);
                    isProtocolKnown = cursor.ErrorCount == errors;
                    break;
                case "Port":
                    port = ReadNumber(ref cursor, field, 0, ushort.MaxValue);
                    break;
                default:
                    allow = ReadWord(ref cursor, field, ("allow", true), ("deny", false))?.Value;
                    break;
            }
        }

        CheckGiven(ref cursor, at, seen, "Direction", "\"in\" or \"out\"");
        CheckGiven(ref cursor, at, seen, "Action", "\"allow\" or \"deny\"");
        if (direction is { } way)
        {
            var isIn = way.Value == PolicyDirection.Ingress;
            CheckPlace(ref cursor, isIn ? toGroup?.At : fromGroup?.At, isIn, "EndpointGroup");
            CheckPlace(ref cursor, isIn ? toNetwork?.At : fromNetwork?.At, isIn, "Network");
            CheckPlace(ref cursor, isIn ? toAddresses?.At : fromAddresses?.At, isIn, "IPAddress");
        }

        var (group, network, addresses) = (fromGroup ?? toGroup, fromNetwork ?? toNetwork, fromAddresses ?? toAddresses);
        if (network is { } whole && (group is not null || addresses is not null))
        {
            cursor.Error(whole.At, "a rule for a whole network has neither an endpoint group nor an IP address");
        }

        if (port is { Value: > 0 } number && isProtocolKnown && !HasPorts(protocol?.Value ?? IntentProtocol.Any))
        {
            cursor.Error(number.At, "Port needs Protocol \"tcp\", \"udp\" or \"sctp\": others have no ports");
        }

        return CheckName(ref cursor, "rule", "RuleID", id, at, seen, NameRules.Longest) is { } checkedId && direction is { } known
            ? new(checkedId, known.Value, priority?.Value ?? IntentRule.LowestPriority, group, network, addresses?.Value, protocol?.Value ?? IntentProtocol.Any, (ushort)(port?.Value ?? 0), allow ?? false)
            : null;
    }

    private static void CheckGiven(ref JsonCursor cursor, TextPosition at, uint seen, string field, string words)
    {
        if ((seen & 1u << RuleFields.IndexOf(field)) == 0)
        {
            cursor.Error(at, $"this rule has no {field}: {words}");
        }
    }

    private static void CheckPlace(ref JsonCursor cursor, TextPosition? misplaced, bool isIn, string field)
    {
        if (misplaced is { } at)
        {
            cursor.Error(at, isIn
                ? $"a rule of direction \"in\" has From{field} and no To{field}: to whom is said by the group that the policy is for"
                : $"a rule of direction \"out\" has To{field} and no From{field}: from whom is said by the group that the policy is for");
        }
    }

    private static bool HasPorts(IntentProtocol protocol) => protocol.Number is { } number && IpProtocols.HasPorts(number);

    private static ImmutableArray<Located<string>>? ReadNames(ref JsonCursor cursor, string field, string what)
    {
        if (!cursor.EnterArray(field))
        {
            return null;
        }

        var names = ImmutableArray.CreateBuilder<Located<string>>();
        var places = new Dictionary<string, TextPosition>(StringComparer.Ordinal);
        while (cursor.NextElement())
        {
            if (cursor.RequiredText($"each element of {field}") is not { } name)
            {
                continue;
            }

            if (NameRules.Check($"{what} name", name.Value, NameRules.Longest) is { } problem)
            {
                cursor.Error(name.At, problem);
            }
            else if (places.TryAdd(name.Value, name.At))
            {
                names.Add(name);
            }
            else
            {
                cursor.Error(name.At, $"{what} {Quoted.Text(name.Value)} is listed twice (first at {places[name.Value]})");
            }
        }

        return names.ToImmutable();
    }

    /// <summary>One of a few words, without regard to case.</summary>
    private static Located<T>? ReadWord<T>(ref JsonCursor cursor, string field, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (cursor.RequiredText(field) is not { } text)
        {
            return null;
        }

        foreach (var (word, value) in words)
        {
            if (string.Equals(text.Value, word, StringComparison.OrdinalIgnoreCase))
            {
                return new(value, text.At);
            }
        }

        cursor.Error(text.At, $"{field} {Quoted.Text(text.Value)} must be {string.Join(" or ", words.ToArray().Select(one => $"\"{one.Word}\""))}");
        return null;
    }

    private static Located<int>? ReadNumber(ref JsonCursor cursor, string field, int least, int most)
    {
        if (cursor.Number(field) is not { } number)
        {
            return null;
        }

        if (number.Value < least || number.Value > most)
        {
            cursor.Error(number.At, string.Create(CultureInfo.InvariantCulture, $"{field} {number.Value} must be from {least} to {most}"));
            return null;
        }

        return number;
    }

    /// <summary>A CIDR prefix, host bits cleared, or a single address.</summary>
    private static Located<IpPrefix>? ReadBlock(ref JsonCursor cursor, string field)
    {
        if (cursor.Text(field) is not { } text)
        {
            return null;
        }

        if (IpPrefix.TryParse(text.Value, out var prefix))
        {
            return new(prefix.Masked, text.At);
        }

        if (IpAddr.TryParse(text.Value, out var address))
        {
            return new(IpPrefix.Alone(address), text.At);
        }

        cursor.Error(text.At, $"{field} {Quoted.Text(text.Value)} is neither an IP address nor a CIDR prefix such as 10.1.0.0/16");
        return null;
    }

    private static Located<IntentProtocol>? ReadProtocol(ref JsonCursor cursor, string field)
    {
        if (cursor.TextOrNumber(field) is not { } text)
        {
            return null;
        }

        // As in later Contiv's rules; SCTP is ours.
        switch (text.Value.ToUpperInvariant())
        {
            case "TCP":
                return new(new((byte)TransportProtocol.Tcp), text.At);
            case "UDP":
                return new(new((byte)TransportProtocol.Udp), text.At);
            case "SCTP":
                return new(new((byte)TransportProtocol.Sctp), text.At);
            case "ICMP":
                return new(IntentProtocol.Icmp, text.At);
        }

        if (byte.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return new(new(number), text.At);
        }

        cursor.Error(text.At, $"{field} {Quoted.Text(text.Value)} must be \"tcp\", \"udp\", \"sctp\", \"icmp\" or a protocol's number from 0 to 255");
        return null;
    }
}
