using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The addresses of one network, and the lowest free one. What a node has leased is the node's to give.</summary>
internal sealed class AddressPool
{
    private readonly NetworkRecord _network;
    private readonly Dictionary<IpAddr, string> _owners = [];
    private readonly ImmutableArray<AddressLease> _leases;
    private IpAddr _next;
    private bool _wrapped;

    public AddressPool(NetworkRecord network, IEnumerable<EndpointRecord> endpoints, LeasesRecord leases)
    {
        _network = network;
        _leases = leases.Leases;
        foreach (var endpoint in endpoints)
        {
            _owners.TryAdd(endpoint.Address, endpoint.Id.Container);
        }

        // A subnet typed with host bits, as in 10.9.9.1/24, always began behind the address typed.
        _wrapped = network.Subnet.Address == network.Subnet.First;
        _next = _wrapped ? network.Subnet.First : network.Subnet.Address.Add(1);
    }

    /// <summary>Says that none is free, for the operator.</summary>
    public string Exhausted => NetworkBlocks.Exhausted(_network, _leases);

    /// <summary>How many endpoints a network can hold.</summary>
    public static UInt128 CapacityOf(NetworkRecord network)
    {
        var subnet = network.Subnet;
        var reserved = (subnet.HostBits < 2 ? 0 : subnet.Address.IsV4 ? 2 : 1) + (network.Gateway.IsUnspecified ? 0 : 1);
        return subnet.Last.Bits - subnet.First.Bits - (UInt128)reserved + 1;
    }

    /// <summary>True for an address of the network's subnet that an endpoint may have.</summary>
    public static bool IsForEndpoints(NetworkRecord network, IpAddr address) => address != network.Gateway && !IsReserved(network.Subnet, address);

    /// <summary>
    /// True for addresses with a meaning of their own: an IPv4 subnet's first and last (RFC 1122 section 3.2.1.3) and an IPv6
    /// subnet's first (RFC 4291 section 2.6.1), but not where only two addresses or one exist (RFC 3021, RFC 6164).
    /// </summary>
    public static bool IsReserved(IpPrefix subnet, IpAddr address) =>
        subnet.HostBits >= 2 && (address == subnet.First || (subnet.Address.IsV4 && address == subnet.Last));

    /// <summary>The container that has the address; null when none has.</summary>
    public string? OwnerOf(IpAddr address) => _owners.GetValueOrDefault(address);

    /// <summary>Takes a given address; on failure says why not.</summary>
    public string? Take(IpAddr address, string container)
    {
        if (NetworkBlocks.WhyNone(_network, address) is { } problem)
        {
            return $"IPAddress {problem}";
        }

        if (_owners.TryGetValue(address, out var owner))
        {
            return $"IPAddress {address} is already that of endpoint {_network.Id}/{owner}";
        }

        if (LeaseOf(address) is { } lease)
        {
            return $"IPAddress {address} is of {lease.Block}, which node {lease.Host} has leased for pods that have network {_network.Id} by labels or annotation";
        }

        _owners.Add(address, container);
        return null;
    }

    /// <summary>The lease that an address is of; null when it is of none.</summary>
    public AddressLease? LeaseOf(IpAddr address)
    {
        var (low, high) = (0, _leases.Length);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = _leases[middle].Block.Last < address ? (middle + 1, high) : (low, middle);
        }

        return low < _leases.Length && _leases[low].Block.Contains(address) ? _leases[low] : null;
    }

    /// <summary>Takes the lowest free address; null when there is none.</summary>
    public IpAddr? TakeLowest(string container)
    {
        while (true)
        {
            if (_next > _network.Subnet.Last || _next < _network.Subnet.First)
            {
                if (_wrapped)
                {
                    return null;
                }

                (_wrapped, _next) = (true, _network.Subnet.First);
            }

            var candidate = _next;
            if (LeaseOf(candidate) is { } lease)
            {
                _next = lease.Block.Last.Add(1);
                continue;
            }

            _next = candidate.Add(1);
            if (IsForEndpoints(_network, candidate) && _owners.TryAdd(candidate, container))
            {
                return candidate;
            }
        }
    }
}
