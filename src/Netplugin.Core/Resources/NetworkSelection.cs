using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;

namespace Netplugin.Core.Resources;

/// <summary>
/// A network that a pod asks for beside its first, as its annotation <see cref="Key"/> names it: the network selection of the Network Plumbing Working Group's
/// de-facto standard (multi-net spec 1.3, section 4), of which everything is refused that is not carried out.
/// </summary>
/// <param name="Namespace">What stands before the name; empty: nothing.</param>
/// <param name="Name">The network's name.</param>
/// <param name="Interface">The interface's name in the pod; empty: not said.</param>
/// <param name="Addresses">The addresses that are asked for.</param>
/// <param name="Mac">The Ethernet address that is asked for; <see cref="MacAddress.None"/>: none.</param>
public sealed record NetworkSelection(
    string Namespace, string Name, string Interface, ImmutableArray<SelectedAddress> Addresses, MacAddress Mac)
{
    /// <summary>The annotation's key.</summary>
    public const string Key = "k8s.v1.cni.cncf.io/networks";

    /// <summary>The longest text that is read, in characters: a node keeps that of each of its pods.</summary>
    public const int Longest = 4096;

    /// <summary>The most networks that one annotation may name.</summary>
    public const int Most = 16;

    /// <summary>Reads the annotation's value: names with commas between them, or a JSON list of objects.</summary>
    /// <param name="text">The value; null or blank: it names none.</param>
    /// <exception cref="FormatException">It is neither; the message says what is wrong with which part of it, and where.</exception>
    public static ImmutableArray<NetworkSelection> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return [];
        }

        if (text.Length > Longest)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it is longer than {Longest} characters"));
        }

        var read = text.AsSpan().TrimStart()[0] is '[' or '{' or '"' ? ParseJson(text) : ParseNames(text);
        return read.Length <= Most
            ? read
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it names {read.Length} networks; at most {Most} are allowed"));
    }

    // [namespace/]name[@interface], with commas between.
    private static ImmutableArray<NetworkSelection> ParseNames(string text)
    {
        var read = ImmutableArray.CreateBuilder<NetworkSelection>();
        foreach (var range in text.AsSpan().Split(','))
        {
            var place = new Place(read.Count + 1, null, range.Start.Value + 1);
            var named = text[range].Trim();
            var (name, wanted) = Cut(named, '@') is var (before, after) ? (before, after) : (named, null);
            var (space, own) = Cut(name, '/') is var (first, second) ? (first, second) : (null, name);
            if (wanted?.Length == 0 || space?.Length == 0)
            {
                throw place.Wrong($"{Quoted.Text(named)} is not of the form namespace/name@interface, of which namespace/ and @interface may be left out");
            }

            read.Add(Checked(new(space ?? "", own, wanted ?? "", [], MacAddress.None), place));
        }

        return read.DrainToImmutable();
    }

    private static (string Before, string After)? Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : null;

    private static ImmutableArray<NetworkSelection> ParseJson(string text)
    {
        var read = ImmutableArray.CreateBuilder<NetworkSelection>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new FormatException("""it is no list of objects such as [{"name": "orange"}], and no names with commas between them""");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                read.Add(ParseObject(ref reader, new(read.Count + 1, null, PlaceOf(reader.TokenStartIndex, text))));
            }

            // What comes after the list is no JSON.
            reader.Read();
            return read.DrainToImmutable();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it is no JSON from character {PlaceOf(reader.BytesConsumed, text)} on"), e);
        }

        NetworkSelection ParseObject(ref Utf8JsonReader reader, Place element)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw element.Wrong("it is no object");
            }

            var selection = new NetworkSelection("", "", "", [], MacAddress.None);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = reader.GetString()!;
                var place = element with { Key = key, Character = PlaceOf(reader.TokenStartIndex, text) };
                if (!seen.Add(key))
                {
                    throw place.Wrong("it stands there twice");
                }

                reader.Read();
                selection = key switch
                {
                    "name" => selection with { Name = TextOf(ref reader, place) },
                    "namespace" => selection with { Namespace = TextOf(ref reader, place) },
                    "interface" => selection with { Interface = TextOf(ref reader, place) },
                    "ips" => selection with { Addresses = AddressesOf(ref reader, place) },
                    "mac" => selection with { Mac = MacOf(TextOf(ref reader, place), place) },
                    "infiniband-guid" or "bandwidth" or "portMappings" or "default-route" or "cni-args" or "deviceID" or "ipam-claim-reference" =>
                        throw place.Wrong("netplugin does not carry it out: take it away"),
                    _ => throw place.Wrong("there is no such key; known are name, namespace, interface, ips and mac"),
                };
            }

            return Checked(selection, element);
        }
    }

    // In characters from 1, as whoever looks for it counts; the reader counts bytes.
    private static int PlaceOf(long bytes, string text)
    {
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes <= 0)
            {
                break;
            }

            bytes -= rune.Utf8SequenceLength;
            at += rune.Utf16SequenceLength;
        }

        return at + 1;
    }

    private static string TextOf(ref Utf8JsonReader reader, Place place) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Null => "",
        _ => throw place.Wrong("it is no text"),
    };

    private static ImmutableArray<SelectedAddress> AddressesOf(ref Utf8JsonReader reader, Place place)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw place.Wrong("it is no list of addresses");
        }

        var addresses = ImmutableArray.CreateBuilder<SelectedAddress>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var typed = TextOf(ref reader, place);
            addresses.Add(
                IpPrefix.TryParse(typed, out var prefix) && !prefix.Address.IsUnspecified ? new(prefix.Address, prefix.Length)
                : IpAddr.TryParse(typed, out var address) && !address.IsUnspecified ? new(address, null)
                : throw place.Wrong($"{Quoted.Text(typed)} is no address, with or without a prefix length"));
        }

        return addresses.DrainToImmutable();
    }

    private static MacAddress MacOf(string typed, Place place)
    {
        if (typed.Length == 0)
        {
            return MacAddress.None;
        }

        // The lowest bit of the first byte is that of a group (IEEE 802-2014, 8.2.2).
        return MacAddress.TryParse(typed, out var mac) && mac != MacAddress.None && (mac.Bits >> 40 & 1) == 0
            ? mac
            : throw place.Wrong($"{Quoted.Text(typed)} is no Ethernet address that one interface may have, such as 0a:00:00:00:00:01");
    }

    private static NetworkSelection Checked(NetworkSelection selection, Place place)
    {
        var problem = NameRules.Check("the network's name", selection.Name, NameRules.Longest)
            ?? (selection.Namespace.Length > 0 ? NameRules.Check("the namespace", selection.Namespace, NameRules.Longest) : null)
            ?? NameRules.CheckInterface("the interface", selection.Interface)

            // The kernel has settings by these names (net.ipv4.conf).
            ?? (selection.Interface is "lo" or "all" or "default" ? $"the interface cannot be named {selection.Interface}" : null);
        return problem is null ? selection : throw place.Wrong(problem);
    }

    /// <summary>A part of the annotation.</summary>
    private readonly record struct Place(int Element, string? Key, int Character)
    {
        public FormatException Wrong(string problem) => new(string.Create(
            CultureInfo.InvariantCulture, $"element {Element}{(Key is null ? "" : $", {Quoted.Text(Key)}")} (at character {Character}): {problem}"));
    }
}

/// <summary>An address that a pod asks for.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">The prefix length beside it; null: none was given.</param>
public readonly record struct SelectedAddress(IpAddr Address, int? Length);
