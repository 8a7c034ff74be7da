using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Resources;
using Netplugin.Store.Labels;

namespace Netplugin.Agent.Resolve;

/// <summary>A network that a pod has an interface in because its annotation says so, beside its first.</summary>
/// <param name="Id">The network.</param>
/// <param name="Interface">The interface's name in the pod.</param>
/// <param name="Address">The address that is asked for, with the prefix length if one was typed; null: a free one.</param>
/// <param name="Mac">The Ethernet address that is asked for; <see cref="MacAddress.None"/>: that which goes with its address.</param>
internal sealed record SecondaryNetwork(NetworkId Id, string Interface, SelectedAddress? Address, MacAddress Mac)
{
    // What MacAddress.ForEndpoint gives, and the gateway has.
    private const ulong OfAddresses = 0x0202;
    private const ulong OfIpv6Addresses = 0x0203;

    /// <summary>What a pod's annotation asks for. Pure.</summary>
    /// <param name="pod">The pod, for messages.</param>
    /// <param name="annotation">The annotation's value.</param>
    /// <param name="tenant">The tenant of networks that are named without one: that of the pod's first.</param>
    /// <param name="first">The networks that the pod is in without the annotation; empty: the default network.</param>
    /// <param name="interfaces">The names of its interfaces in those.</param>
    /// <exception cref="ResolveException">It asks for what cannot be; the message says what, and where.</exception>
    public static ImmutableArray<SecondaryNetwork> Of(
        string pod, string? annotation, string tenant, IReadOnlyCollection<NetworkId> first, IReadOnlyCollection<string> interfaces)
    {
        ImmutableArray<NetworkSelection> selections;
        try
        {
            selections = NetworkSelection.Parse(annotation);
        }
        catch (FormatException e)
        {
            throw Refusal(pod, e.Message);
        }

        var networks = ImmutableArray.CreateBuilder<SecondaryNetwork>();
        foreach (var selection in selections)
        {
            var number = networks.Count + 1;
            var id = new NetworkId(selection.Namespace.Length > 0 ? selection.Namespace : tenant, selection.Name);
            var name = selection.Interface.Length > 0 ? selection.Interface : FormattableString.Invariant($"net{number}");
            var problem = first.Contains(id) ? $"the pod's first interface is in network {id} already"
                : networks.Any(other => other.Id == id) ? $"network {id} is named twice: a pod has one interface in a network"
                : interfaces.Contains(name) || networks.Any(other => other.Interface == name) ? $"the pod has another interface {name}: give this one another name"
                : selection.Addresses.Length > 1 ? $"it asks for {selection.Addresses.Length} addresses: an interface has one in network {id}"
                : ProblemOf(selection);
            if (problem is not null)
            {
                throw Refusal(pod, FormattableString.Invariant($"element {number}: {problem}"));
            }

            networks.Add(new(id, name, selection.Addresses.IsEmpty ? null : selection.Addresses[0], selection.Mac));
        }

        return networks.DrainToImmutable();
    }

    /// <summary>Refuses a pod whose networks it could not tell apart, or an address whose prefix is not its network's. Pure.</summary>
    /// <param name="pod">The pod, for messages.</param>
    /// <param name="first">The subnets of its first interfaces, and the blocks that it has addresses of, each with what to call it.</param>
    /// <param name="secondary">What the annotation asks for, each with its network.</param>
    /// <exception cref="ResolveException">It is refused.</exception>
    public static void Judge(
        string pod, IEnumerable<(string Network, IpPrefix Subnet)> first, ImmutableArray<(SecondaryNetwork Wish, NetworkRecord Network)> secondary)
    {
        List<(string Network, IpPrefix Subnet)> others = [.. first];
        foreach (var (wish, network) in secondary)
        {
            if (others.FirstOrDefault(other => other.Subnet.Overlaps(network.Subnet)) is { Network: { } name } other)
            {
                throw Refusal(pod, $"{name} ({other.Subnet.Masked}) and network {network.Id} ({network.Subnet.Masked}) share addresses, between which a pod's routes cannot choose: a pod can be in one of the two");
            }

            if (wish.Address is { Length: { } length } && length != network.Subnet.Length)
            {
                throw Refusal(pod, FormattableString.Invariant($"{wish.Address.Value.Address}/{length} is asked for in network {network.Id}, whose subnet is {network.Subnet.Masked}: give the address without a prefix length"));
            }

            others.Add(($"network {network.Id}", network.Subnet));
        }
    }

    /// <summary>What its endpoint is to have.</summary>
    public EndpointChoice Choice => new(Address?.Address ?? default, Mac);

    /// <summary>True for an interface that is as it is asked for.</summary>
    public bool IsMetBy(NetworkId network, string name, IpAddr address, MacAddress mac) => network == Id && name == Interface && Choice.IsMetBy(address, mac);

    // Those belong to addresses: another endpoint of the network may get the address later.
    private static string? ProblemOf(NetworkSelection selection) =>
        selection.Mac.Bits >> 32 is OfAddresses or OfIpv6Addresses && !(selection.Addresses is [var asked] && selection.Mac == MacAddress.ForEndpoint(asked.Address))
            ? $"{selection.Mac} is of those that netplugin gives by address (02:02 and 02:03): ask for another"
            : null;

    private static ResolveException Refusal(string pod, string problem) =>
        new(ResolveFailure.BadAnnotation, $"pod {pod} cannot have the networks of its annotation {NetworkSelection.Key}: {problem}");
}
