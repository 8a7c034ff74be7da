using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The addresses of one network, and the lowest free one.</summary>
internal sealed class AddressPool
{
    private readonly NetworkRecord _network;
    private readonly Dictionary<IpAddr, string> _owners = [];
    private IpAddr _next;
    private bool _wrapped;

    public AddressPool(NetworkRecord network, IEnumerable<EndpointRecord> endpoints)
    {
        _network = network;
        foreach (var endpoint in endpoints)
        {
            _owners.TryAdd(endpoint.Address, endpoint.Id.Container);
        }

        // A subnet typed with host bits, as in 10.9.9.1/24, always began behind the address typed.
        _wrapped = network.Subnet.Address == network.Subnet.First;
        _next = _wrapped ? network.Subnet.First : network.Subnet.Address.Add(1);
    }

    /// <summary>How many endpoints the network can hold.</summary>
    public UInt128 Capacity
    {
        get
        {
            var subnet = _network.Subnet;
            var reserved = (subnet.HostBits < 2 ? 0 : subnet.Address.IsV4 ? 2 : 1) + (_network.Gateway.IsUnspecified ? 0 : 1);
            return subnet.Last.Bits - subnet.First.Bits - (UInt128)reserved + 1;
        }
    }

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
        if (!_network.Subnet.Contains(address))
        {
            return $"IPAddress {address} is outside {_network.Subnet.Masked}, the subnet of network {_network.Id}";
        }

        if (IsReserved(_network.Subnet, address))
        {
            return $"IPAddress {address} is the {(address == _network.Subnet.First ? "network" : "broadcast")} address of {_network.Subnet.Masked}";
        }

        if (address == _network.Gateway)
        {
            return $"IPAddress {address} is the gateway of network {_network.Id}";
        }

        return _owners.TryAdd(address, container)
            ? null
            : $"IPAddress {address} is already that of endpoint {_network.Id}/{_owners[address]}";
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
            _next = candidate.Add(1);
            if (candidate != _network.Gateway && !IsReserved(_network.Subnet, candidate) && _owners.TryAdd(candidate, container))
            {
                return candidate;
            }
        }
    }
}
