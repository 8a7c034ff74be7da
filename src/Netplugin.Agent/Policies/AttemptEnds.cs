using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Policies;

/// <summary>The two ends that an operator means, and how one would reach the other.</summary>
/// <param name="From">Who connects.</param>
/// <param name="To">Whom.</param>
/// <param name="Plane">The plane of their addresses; <see cref="NetworkId.ClusterDefault"/> for the cluster plane.</param>
/// <param name="Apart">Why the networks keep them apart; empty when they do not.</param>
/// <param name="HasAddresses">False: there are no addresses by which one could reach the other, and those of the ends are of no account.</param>
internal sealed record AttemptEnds(AttemptEnd From, AttemptEnd To, NetworkId Plane, string Apart = "", bool HasAddresses = true)
{
    /// <summary>The same two by their other addresses: of the other family, or cluster addresses; none when an address says which are meant.</summary>
    public ImmutableArray<AttemptEnds> Others { get; init; } = [];

    /// <summary>Finds them.</summary>
    /// <param name="facts">What is known.</param>
    /// <param name="from">Who connects: <c>namespace/pod</c>, <c>tenant/network/container</c> or an IP address.</param>
    /// <param name="to">Whom.</param>
    /// <exception cref="ArgumentException">They are not known, or it cannot be told which of several are meant; the message says what to do.</exception>
    public static AttemptEnds Find(PolicyFacts facts, string from, string to)
    {
        var (sender, receiver) = (Meant.Find(facts, from), Meant.Find(facts, to));
        return (sender.Address, receiver.Address) switch
        {
            ({ } one, { } other) => OfAddresses(facts, one, other),
            (null, { } address) => OfOne(facts, sender, address, isSender: true),
            ({ } address, null) => OfOne(facts, receiver, address, isSender: false),
            _ => OfEndpoints(sender, receiver),
        };
    }

    private static AttemptEnds OfAddresses(PolicyFacts facts, IpAddr from, IpAddr to) => from.IsV4 == to.IsV4
        ? Judged(facts.EndAt(NetworkId.ClusterDefault, from), facts.EndAt(NetworkId.ClusterDefault, to))
        : throw new ArgumentException($"{from} and {to} are of two address families: no packet has both");

    private static AttemptEnds OfEndpoints(Meant from, Meant to)
    {
        var pairs = (from one in @from.Endpoints from other in to.Endpoints where one.Id.Network == other.Id.Network select (From: one, To: other)).ToArray();
        if (pairs.Length > 1)
        {
            throw new ArgumentException(
                $"{from.Text} and {to.Text} are both in {string.Join(", ", pairs.Select(pair => pair.From.Id.Network).Distinct())}: name endpoints ({string.Join(", ", pairs.Select(pair => $"{pair.From.Id} and {pair.To.Id}"))})");
        }

        if (pairs is [var (sender, receiver)])
        {
            return FirstOf([.. InNetwork(sender, receiver), .. InCluster(sender, receiver)]) ?? Unaddressed(sender, receiver, $"{sender.Id} and {receiver.Id} have no addresses of one family");
        }

        var (first, second) = (First(from), First(to));
        return FirstOf([.. InCluster(first, second)]) ?? Unaddressed(first, second, $"{NameOf(first.Id.Network)} and {NameOf(second.Id.Network)} are two networks");
    }

    private static AttemptEnds? FirstOf(ImmutableArray<AttemptEnds> all) => all is [var first, .. var others] ? first with { Others = others } : null;

    private static IEnumerable<AttemptEnds> InNetwork(PolicyEndpoint from, PolicyEndpoint to) =>
        from pair in OfOneFamily(@from.Addresses, to.Addresses)
        select new AttemptEnds(new AttemptEnd.OfEndpoint(@from, pair.From), new AttemptEnd.OfEndpoint(to, pair.To), @from.Id.Network);

    private static IEnumerable<AttemptEnds> InCluster(PolicyEndpoint from, PolicyEndpoint to) =>
        from pair in OfOneFamily(@from.ClusterAddresses, to.ClusterAddresses)
        select Judged(new AttemptEnd.OfEndpoint(@from, pair.From), new AttemptEnd.OfEndpoint(to, pair.To));

    private static AttemptEnds OfOne(PolicyFacts facts, Meant meant, IpAddr address, bool isSender)
    {
        // Within a network both ends use its addresses: it decides which plane that is.
        foreach (var endpoint in meant.Endpoints)
        {
            if (facts.SubnetOf(endpoint.Id.Network) is not { } subnet || !subnet.Contains(address) || endpoint.Addresses.Of(address.IsV4) is not { } own)
            {
                continue;
            }

            var other = facts.EndAt(endpoint.Id.Network, address);
            return Turned(
                new AttemptEnd.OfEndpoint(endpoint, own), other, endpoint.Id.Network, isSender,
                other is AttemptEnd.OfEndpoint ? "" : $"{address} is in the subnet of {endpoint.Id.Network}, and no endpoint there has it");
        }

        var main = First(meant);
        if (main.ClusterAddresses.Of(address.IsV4) is { } ofCluster)
        {
            var (end, other) = (new AttemptEnd.OfEndpoint(main, ofCluster), facts.EndAt(NetworkId.ClusterDefault, address));
            return isSender ? Judged(end, other) : Judged(other, end);
        }

        var none = new AttemptEnd.OfEndpoint(main, IpAddr.Unspecified);
        var apart = $"{main.Id} has no cluster address of {(address.IsV4 ? "IPv4" : "IPv6")}, so that it reaches, and is reached by, its network alone";
        return Turned(none, facts.EndAt(NetworkId.ClusterDefault, address), NetworkId.ClusterDefault, isSender, apart) with { HasAddresses = false };
    }

    private static AttemptEnds Turned(AttemptEnd end, AttemptEnd other, NetworkId plane, bool isSender, string apart) =>
        isSender ? new(end, other, plane, apart) : new(other, end, plane, apart);

    // In the cluster plane a pod reaches its own network's, and what is none's.
    private static AttemptEnds Judged(AttemptEnd from, AttemptEnd to) => new(
        from, to, NetworkId.ClusterDefault,
        from is AttemptEnd.OfEndpoint { Endpoint.Id.Network: var one } && to is AttemptEnd.OfEndpoint { Endpoint.Id.Network: var other } && one != other
            ? $"{NameOf(one)} and {NameOf(other)} are two networks: the one reaches the other by Services that all may use alone, and then as policies say"
            : "");

    private static AttemptEnds Unaddressed(PolicyEndpoint from, PolicyEndpoint to, string apart) => new(
        new AttemptEnd.OfEndpoint(from, IpAddr.Unspecified), new AttemptEnd.OfEndpoint(to, IpAddr.Unspecified), NetworkId.ClusterDefault, apart, HasAddresses: false);

    // Of a pod's interfaces the one that has its cluster addresses.
    private static PolicyEndpoint First(Meant meant) => meant.Endpoints.FirstOrDefault(endpoint => !endpoint.ClusterAddresses.IsEmpty) ?? meant.Endpoints[0];

    private static IEnumerable<(IpAddr From, IpAddr To)> OfOneFamily(PerFamily<IpAddr> from, PerFamily<IpAddr> to)
    {
        foreach (var address in from)
        {
            if (to.Of(address.IsV4) is { } other)
            {
                yield return (address, other);
            }
        }
    }

    private static string NameOf(NetworkId network) => network == NetworkId.ClusterDefault ? "the default network" : network.ToString();

    /// <summary>Whom a text means: an address, or the endpoints of a pod or of a name.</summary>
    private sealed record Meant(string Text, IpAddr? Address, PolicyEndpoint[] Endpoints)
    {
        public static Meant Find(PolicyFacts facts, string text)
        {
            if (IpAddr.TryParse(text, out var address))
            {
                return new(text, address, []);
            }

            PolicyEndpoint[] found = text.Split('/') switch
            {
                [{ Length: > 0 } space, { Length: > 0 } pod] => facts.FindPod(new NamespacedName(space, pod)),
                [{ Length: > 0 } tenant, { Length: > 0 } network, { Length: > 0 } container] => facts.Find(new(new(tenant, network), container)) is { } endpoint ? [endpoint] : [],
                _ => throw new ArgumentException($"\"{text}\" names no end: give namespace/pod, tenant/network/container or an IP address"),
            };
            return found.Length > 0 ? new(text, null, found) : throw new ArgumentException(Unknown(facts, text));
        }

        private static string Unknown(PolicyFacts facts, string text) => text.Split('/') is [var tenant, var network, _] && !facts.Follows(new(tenant, network))
            ? $"{facts.Me} does not know the endpoints of {tenant}/{network}, which none of its pods is in: ask a node that has one, or name the pod"
            : $"{facts.Me} knows no endpoint {text} that runs anywhere: a pod of the host's network is none, ask for its node's address";
    }
}
