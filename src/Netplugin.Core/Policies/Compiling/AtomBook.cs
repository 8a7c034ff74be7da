using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The atoms there are, and which of them hold of whom.</summary>
internal sealed class AtomBook
{
    private readonly Dictionary<Condition, Atom> _atoms = [];
    private readonly SelectionIndex<Atom> _pods = new();
    private readonly List<Atom> _nodes = [];
    private readonly Dictionary<NetworkId, Atom> _networks = [];
    private readonly Dictionary<GroupId, List<Atom>> _groups = [];
    private readonly PrefixMap<List<Atom>> _blocks = new();
    private readonly Dictionary<(TransportProtocol Transport, string Name), PortName> _ports = [];
    private readonly HashSet<Atom> _left = [];
    private readonly HashSet<(TransportProtocol Transport, string Name)> _leftPorts = [];
    private int _lastId;

    /// <summary>The conditions that came or went since it was emptied; of a port's name, one that has no number.</summary>
    public HashSet<Condition> Changed { get; } = [];

    /// <summary>Says that a table asks a condition.</summary>
    public Atom Ask(Condition condition, SubjectTable table)
    {
        ref var atom = ref CollectionsMarshal.GetValueRefOrAddDefault(_atoms, condition, out _);
        atom ??= new(++_lastId, condition, []);
        if (atom.Tables.Count == 0)
        {
            Place(atom);
            Changed.Add(condition);
        }

        atom.Tables.Add(table);
        return atom;
    }

    /// <summary>Says that a table asks no more. What nobody asks holds of nobody; until <see cref="Forget"/> it is the same atom if it is asked again.</summary>
    public void Leave(Atom atom, SubjectTable table)
    {
        if (atom.Tables.Remove(table) && atom.Tables.Count == 0)
        {
            Displace(atom);
            Changed.Add(atom.Condition);
            _left.Add(atom);
        }
    }

    /// <summary>Forgets what nobody asks.</summary>
    public void Forget()
    {
        foreach (var atom in _left.Where(atom => atom.Tables.Count == 0))
        {
            _atoms.Remove(atom.Condition);
        }

        foreach (var port in _leftPorts.Where(port => _ports[port].Tables.Count == 0))
        {
            _ports.Remove(port);
        }

        _left.Clear();
        _leftPorts.Clear();
    }

    /// <summary>Says that a table asks what numbers peers have for a port's name.</summary>
    /// <returns>The atoms there are of it; others follow as pods with such ports are met.</returns>
    public IReadOnlyDictionary<ushort, Atom> AskPort((TransportProtocol Transport, string Name) port, SubjectTable table)
    {
        ref var asked = ref CollectionsMarshal.GetValueRefOrAddDefault(_ports, port, out _);
        asked ??= new();
        if (asked.Tables.Count == 0)
        {
            Changed.Add(new Condition.Port(port.Transport, port.Name, 0));
        }

        asked.Tables.Add(table);
        return asked.Numbers;
    }

    /// <summary>Says that a table asks no more for a port's name.</summary>
    public void LeavePort((TransportProtocol Transport, string Name) port, SubjectTable table)
    {
        var asked = _ports[port];
        if (asked.Tables.Remove(table) && asked.Tables.Count == 0)
        {
            _leftPorts.Add(port);
            Changed.Add(new Condition.Port(port.Transport, port.Name, 0));
        }
    }

    /// <summary>The atoms that hold of pods alike.</summary>
    public Atom[] Of(PodProfile profile)
    {
        List<Atom> found = [];
        _pods.Find(profile, found);
        return [.. found];
    }

    /// <summary>Adds those that hold of an endpoint, by one of its addresses.</summary>
    public void Find(EndpointHolder holder, IpAddr packet, List<Atom> found)
    {
        var endpoint = holder.Endpoint;
        var cluster = endpoint.ClusterAddresses.Of(packet.IsV4);
        var own = endpoint.Addresses.Of(packet.IsV4);
        if (holder.Profile is { } profile)
        {
            found.AddRange(profile.Atoms ??= Of(profile));
            FindPorts(endpoint.Pod!, found);
        }

        if (_networks.TryGetValue(endpoint.Id.Network, out var network))
        {
            found.Add(network);
        }

        if (holder.Group is { } id && _groups.TryGetValue(id, out var groups))
        {
            found.AddRange(groups.Where(atom => atom.Condition is Condition.Group group && (group.Within is not { } block || IsIn(block, endpoint, cluster, own))));
        }

        FindBlocks(cluster ?? packet, found, atom => atom.Condition is Condition.ClusterBlock || cluster is not null);
        if (own is { } address)
        {
            FindBlocks(address, found, atom => atom.Condition is Condition.NetworkBlock block && block.OfSubject == endpoint.Id.Network);
        }
    }

    /// <summary>Adds those that hold of a node, by one of its addresses.</summary>
    public void Find(PolicyNode node, IpAddr address, List<Atom> found)
    {
        found.AddRange(_nodes.Where(atom => ((Condition.Nodes)atom.Condition).Labels.Selects(node.Labels)));
        FindBlocks(address, found, _ => true);
    }

    /// <summary>Adds those that hold of the addresses of a prefix that are in none of the longer ones in <see cref="Prefixes"/>.</summary>
    public void Find(IpPrefix prefix, List<Atom> found)
    {
        foreach (var atoms in _blocks.AllOf(prefix))
        {
            found.AddRange(atoms.Where(atom => IsFor(atom, prefix)));
        }
    }

    /// <summary>Every prefix that some condition about addresses has in it.</summary>
    public HashSet<IpPrefix> Prefixes()
    {
        HashSet<IpPrefix> prefixes = [.. _blocks.Prefixes];
        foreach (var prefix in _blocks.Prefixes)
        {
            _blocks.TryGet(prefix, out var atoms);
            prefixes.UnionWith(atoms!.Select(atom => atom.Condition).OfType<Condition.ClusterBlock>().SelectMany(block => block.Except));
        }

        return prefixes;
    }

    private void FindBlocks(IpAddr address, List<Atom> found, Func<Atom, bool> isMeant)
    {
        if (_blocks.Count == 0)
        {
            return;
        }

        var prefix = IpPrefix.Alone(address);
        foreach (var atoms in _blocks.AllOf(prefix))
        {
            foreach (var atom in atoms)
            {
                if (isMeant(atom) && IsFor(atom, prefix))
                {
                    found.Add(atom);
                }
            }
        }
    }

    // The cidr is known to have it.
    private static bool IsFor(Atom atom, IpPrefix prefix)
    {
        if (atom.Condition is Condition.ClusterBlock { Except: var except })
        {
            foreach (var part in except)
            {
                if (part.Length <= prefix.Length && part.Contains(prefix.Address))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsIn(Condition.NetworkBlock block, PolicyEndpoint endpoint, IpAddr? cluster, IpAddr? own) =>
        (cluster is { } one && block.Cidr.Contains(one)) || (endpoint.Id.Network == block.OfSubject && own is { } other && block.Cidr.Contains(other));

    private void FindPorts(PolicyPod pod, List<Atom> found)
    {
        if (_ports.Count == 0)
        {
            return;
        }

        foreach (var port in pod.Ports)
        {
            if (_ports.TryGetValue((port.Protocol, port.Name), out var asked) && asked.Tables.Count > 0)
            {
                ref var atom = ref CollectionsMarshal.GetValueRefOrAddDefault(asked.Numbers, port.Number, out _);
                found.Add(atom ??= new(++_lastId, new Condition.Port(port.Protocol, port.Name, port.Number), asked.Tables));
            }
        }
    }

    private void Place(Atom atom)
    {
        switch (atom.Condition)
        {
            case Condition.Pods pods:
                _pods.Add(pods.Selection, atom);
                break;
            case Condition.Nodes:
                _nodes.Add(atom);
                break;
            case Condition.Network network:
                _networks[network.Id] = atom;
                break;
            case Condition.Group { Id: var id }:
                _groups.AddUnder(id, atom);
                break;
            case Condition.Block { Cidr: var cidr }:
                if (!_blocks.TryGet(cidr, out var ofBlock))
                {
                    _blocks.Set(cidr, ofBlock = []);
                }

                ofBlock.Add(atom);
                break;
            default:
                throw new ArgumentException($"unknown condition {atom.Condition}", nameof(atom));
        }
    }

    private void Displace(Atom atom)
    {
        switch (atom.Condition)
        {
            case Condition.Pods pods:
                _pods.Remove(pods.Selection, atom);
                break;
            case Condition.Nodes:
                _nodes.Remove(atom);
                break;
            case Condition.Network network:
                _networks.Remove(network.Id);
                break;
            case Condition.Group { Id: var id }:
                _groups.RemoveUnder(id, atom);
                break;
            case Condition.Block { Cidr: var cidr }:
                if (_blocks.TryGet(cidr, out var ofBlock) && ofBlock.Remove(atom) && ofBlock.Count == 0)
                {
                    _blocks.Remove(cidr);
                }

                break;
            default:
                throw new ArgumentException($"unknown condition {atom.Condition}", nameof(atom));
        }
    }

    /// <summary>A port's name that tables ask for, with the numbers that pods have for it.</summary>
    private sealed class PortName
    {
        public HashSet<SubjectTable> Tables { get; } = [];

        public Dictionary<ushort, Atom> Numbers { get; } = [];
    }
}
