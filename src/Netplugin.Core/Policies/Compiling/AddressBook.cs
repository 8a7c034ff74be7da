using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Who has addresses: an endpoint or a node.</summary>
internal abstract class Holder
{
    /// <summary>Its addresses.</summary>
    public abstract IEnumerable<PlaneAddress> Addresses { get; }

    /// <summary>True when an address that both claim is taken to be the one's: an endpoint's before a node's, of two endpoints as they say, of two nodes the first's by name.</summary>
    public static bool GoesBefore(Holder one, Holder other) => (one, other) switch
    {
        (EndpointHolder { Endpoint: var left }, EndpointHolder { Endpoint: var right }) => left.GoesBefore(right),
        (NodeHolder left, NodeHolder right) => string.CompareOrdinal(left.Node.Name, right.Node.Name) < 0,
        _ => one is EndpointHolder,
    };
}

/// <summary>An endpoint.</summary>
internal sealed class EndpointHolder(PolicyEndpoint endpoint) : Holder
{
    public PolicyEndpoint Endpoint { get; } = endpoint;

    /// <summary>Its group; null when it is in none.</summary>
    public GroupId? Group => Endpoint.Group.Length > 0 ? new(Endpoint.Id.Network, Endpoint.Group) : null;

    /// <summary>What selections see of its pod; null when it is of none.</summary>
    public PodProfile? Profile { get; set; }

    public override IEnumerable<PlaneAddress> Addresses
    {
        get
        {
            foreach (var address in Endpoint.Addresses)
            {
                yield return new(Endpoint.Id.Network, address);
            }

            foreach (var address in Endpoint.ClusterAddresses)
            {
                yield return new(NetworkId.ClusterDefault, address);
            }
        }
    }
}

/// <summary>A node.</summary>
internal sealed class NodeHolder(PolicyNode node, ValueArray<IpAddr> addresses) : Holder
{
    public PolicyNode Node { get; } = node;

    /// <summary>Its addresses as they were told.</summary>
    public ValueArray<IpAddr> Told { get; } = addresses;

    public override IEnumerable<PlaneAddress> Addresses => Told.Distinct().Select(address => new PlaneAddress(NetworkId.ClusterDefault, address));
}

/// <summary>The identity in the entry of an address.</summary>
internal readonly record struct AddressIdentity(Identity? Identity)
{
    public uint Number => Identity?.Number ?? 0;
}

/// <summary>An address that somebody has.</summary>
internal sealed class AddressEntry(PlaneAddress key)
{
    private List<Holder>? _others;

    public PlaneAddress Key { get; } = key;

    /// <summary>Who has it; null: nobody any more.</summary>
    public Holder? Holder { get; private set; }

    /// <summary>Its identity; null: nothing holds of it.</summary>
    public Identity? Identity { get; set; }

    /// <summary>What the maps have for it; null: they have it as one of a block.</summary>
    public AddressIdentity? InMaps { get; set; }

    /// <summary>What they are to have.</summary>
    public AddressIdentity? Wanted { get; set; }

    public void Add(Holder holder)
    {
        if (Holder is null)
        {
            Holder = holder;
            return;
        }

        _others ??= new(1);
        var isFirst = Holder.GoesBefore(holder, Holder);
        _others.Add(isFirst ? Holder : holder);
        Holder = isFirst ? holder : Holder;
    }

    public void Remove(Holder holder)
    {
        if (Holder != holder)
        {
            _others?.Remove(holder);
            return;
        }

        Holder = null;
        if (_others is { Count: > 0 } others)
        {
            _others = null;
            others.ForEach(Add);
        }
    }
}

/// <summary>The addresses of endpoints and nodes, and those among them whose identity may have become another.</summary>
internal sealed class AddressBook
{
    private readonly Dictionary<PlaneAddress, AddressEntry> _entries = [];
    private readonly HashSet<AddressEntry> _touched = [];
    private readonly HashSet<AddressEntry> _different = [];

    /// <summary>How many entries more than now the maps have when what is new is written.</summary>
    public int Growth { get; private set; }

    public void Add(Holder holder)
    {
        foreach (var address in holder.Addresses)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, address, out _);
            entry ??= new(address);
            entry.Add(holder);
            _touched.Add(entry);
        }
    }

    public void Remove(Holder holder)
    {
        foreach (var address in holder.Addresses)
        {
            _entries[address].Remove(holder);
            _touched.Add(_entries[address]);
        }
    }

    /// <summary>Says that a holder's identity may have become another.</summary>
    public void Touch(Holder holder)
    {
        foreach (var address in holder.Addresses)
        {
            _touched.Add(_entries[address]);
        }
    }

    /// <summary>Those whose identity may have become another since this was last called.</summary>
    public List<AddressEntry> TakeTouched()
    {
        List<AddressEntry> touched = [.. _touched];
        _touched.Clear();
        return touched;
    }

    /// <summary>Says what the maps are to have for an address.</summary>
    public void Want(AddressEntry entry, AddressIdentity? wanted)
    {
        Growth += (entry.InMaps is null ? 1 : 0) * ((wanted is null ? 0 : 1) - (entry.Wanted is null ? 0 : 1));
        entry.Wanted = wanted;
        if (wanted != entry.InMaps)
        {
            _different.Add(entry);
        }

        if (entry.Holder is null)
        {
            _entries.Remove(entry.Key);
        }
    }

    /// <summary>Those for which the maps are to have something else than they have.</summary>
    public IEnumerable<AddressEntry> Different => _different.Where(entry => entry.Wanted != entry.InMaps);

    /// <summary>Says that the maps have what they are to have.</summary>
    public void Written()
    {
        foreach (var entry in _different)
        {
            entry.InMaps = entry.Wanted;
        }

        _different.Clear();
        Growth = 0;
    }
}
