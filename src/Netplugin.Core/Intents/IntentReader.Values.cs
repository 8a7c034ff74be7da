using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Intents;

/// <content>Lists, names and single values.</content>
public static partial class IntentReader
{
    /// <summary>Reads an array of objects whose names must differ.</summary>
    private static void ReadList<T>(
        ref JsonCursor cursor, string field, string what, ImmutableArray<T>.Builder items, Grammar<T> read, Func<T, Located<string>> nameOf)
        where T : class
    {
        if (!cursor.EnterArray(field))
        {
            return;
        }

        var names = new Dictionary<string, TextPosition>(StringComparer.Ordinal);
        while (cursor.NextElement())
        {
            if (!cursor.EnterObject($"each element of {field}") || read(ref cursor) is not { } item)
            {
                continue;
            }

            var name = nameOf(item);
            if (names.TryAdd(name.Value, name.At))
            {
                items.Add(item);
            }
            else
            {
                cursor.Error(name.At, $"{what} {Quoted.Text(name.Value)} is listed twice (first at {names[name.Value]})");
            }
        }
    }

    private static Located<string>? ReadName(ref JsonCursor cursor, string what, Located<string>? name, TextPosition at, uint seen) =>
        CheckName(ref cursor, what, "Name", name, at, seen, NameRules.Longest);

    private static Located<string>? ReadContainer(ref JsonCursor cursor, string what, Located<string>? name, TextPosition at, uint seen) =>
        CheckName(ref cursor, what, "Container", name, at, seen, NameRules.LongestContainer);

    /// <summary>The name if it is a good one. Every table has its name's field first, so bit 0 says whether it was given.</summary>
    private static Located<string>? CheckName(
        ref JsonCursor cursor, string what, string field, Located<string>? name, TextPosition at, uint seen, int longest)
    {
        if (name is { } given)
        {
            if (NameRules.Check($"{what} {field}", given.Value, longest) is not { } problem)
            {
                return given;
            }

            cursor.Error(given.At, problem);
        }
        else if ((seen & 1) == 0)
        {
            cursor.Error(at, $"this {what} has no {field}");
        }

        return null;
    }

    private static Located<string>? ReadReference(ref JsonCursor cursor, string field, int longest)
    {
        if (cursor.Text(field) is not { } text)
        {
            return null;
        }

        if (NameRules.Check(field, text.Value, longest) is { } problem)
        {
            cursor.Error(text.At, problem);
        }

        return text;
    }

    private static Located<Encap>? ReadEncap(ref JsonCursor cursor, string field, out bool isReadable)
    {
        var errors = cursor.ErrorCount;
        var text = cursor.Text(field);
        if (text is { Value: not ("vlan" or "vxlan") } unknown)
        {
            cursor.Error(unknown.At, $"{field} must be \"vlan\" or \"vxlan\", not {Quoted.Text(unknown.Value)}");
        }

        isReadable = cursor.ErrorCount == errors;
        return isReadable && text is { } known ? new(known.Value == "vlan" ? Encap.Vlan : Encap.Vxlan, known.At) : null;
    }

    private static Located<uint>? ReadTag(ref JsonCursor cursor, string field)
    {
        if (cursor.TextOrNumber(field) is not { } text)
        {
            return null;
        }

        if (uint.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var tag))
        {
            return new(tag, text.At);
        }

        cursor.Error(text.At, string.Create(CultureInfo.InvariantCulture,
            $"{field} {Quoted.Text(text.Value)} is not a whole number from 1 to {Vni.MaxValue} (vxlan) or {IdRanges.LastVlan} (vlan)"));
        return null;
    }

    private static Located<IpAddr>? ReadAddress(ref JsonCursor cursor, string field)
    {
        if (cursor.Text(field) is not { } text)
        {
            return null;
        }

        if (IpAddr.TryParse(text.Value, out var address))
        {
            return new(address, text.At);
        }

        cursor.Error(text.At, $"{field} {Quoted.Text(text.Value)} is not an IP address");
        return null;
    }

    private static Located<IpPrefix>? ReadPrefix(ref JsonCursor cursor, string field)
    {
        if (cursor.Text(field) is not { } text)
        {
            return null;
        }

        if (!IpPrefix.TryParse(text.Value, out var prefix))
        {
            cursor.Error(text.At, $"{field} {Quoted.Text(text.Value)} is not a CIDR prefix such as 10.1.0.0/16");
            return null;
        }

        if (AddressRules.Reserved(prefix) is { } reserved)
        {
            cursor.Error(text.At, $"{field} {prefix} touches {reserved}, which no network can use");
            return null;
        }

        return new(prefix, text.At);
    }

    private static Located<ImmutableArray<IdRange>>? ReadRanges(ref JsonCursor cursor, string field, Encap encap)
    {
        if (cursor.Text(field) is not { } text)
        {
            return null;
        }

        if (IdRanges.Read(text.Value, encap, out var problem) is { } ranges)
        {
            return new(ranges, text.At);
        }

        cursor.Error(text.At, $"{field}: {problem}");
        return null;
    }
}
