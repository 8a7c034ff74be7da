using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Works out what the maps are to have.</summary>
public sealed partial class PolicyCompiler
{
    // Looking through the namespaces for each of more selections than these takes longer than matching all pods anew.
    private const int ManySelections = 16;

    /// <summary>Works out all that follows from which tables the subjects have. What the maps have is left alone, so this may be done for one choice of tables after another.</summary>
    private void WorkOut()
    {
        _tables.Ask();
        var blocks = TouchWhatChanged();
        if (blocks.Count > 0)
        {
            var former = _blocks;
            _blocks = Blocks(blocks);
            foreach (var block in former.Prefixes)
            {
                former.TryGet(block, out var identity);
                _identities.Release(identity);
            }
        }

        WorkOutAddresses();
        _tables.Fill(_identities.TakeUsed());
    }

    private TableKey[] KeysOf(EndpointHolder holder)
    {
        var policies = _policies.For(holder);
        var (ingress, egress) = (Parts(PolicyDirection.Ingress), Parts(PolicyDirection.Egress));
        return [Key(PolicyDirection.Ingress, ingress), Key(PolicyDirection.Egress, egress), Key(PolicyDirection.Ingress, ToItself(ingress)), Key(PolicyDirection.Egress, ToItself(egress))];

        List<PolicyPart> Parts(PolicyDirection direction) => [.. policies.Select(policy => policy.Part(direction)).Where(part => !part.IsEmpty)];

        TableKey Key(PolicyDirection direction, IEnumerable<PolicyPart> parts) => TableKey.Of(direction, holder.Endpoint, parts);

        // The stage NetworkPolicy accepts it for a pod that is isolated, finally; the stage Intent is not asked.
        static IEnumerable<PolicyPart> ToItself(List<PolicyPart> parts)
        {
            var isIsolated = parts.Exists(part => part is { Stage: PolicyStage.NetworkPolicy, Isolates: true });
            return parts.Where(part => part.Stage == PolicyStage.Admin || (part.Stage == PolicyStage.Baseline && !isIsolated));
        }
    }

    /// <summary>Finds whose identity may have become another because conditions came or went.</summary>
    /// <returns>The blocks that such conditions are about.</returns>
    private PrefixMap<bool> TouchWhatChanged()
    {
        var blocks = new PrefixMap<bool>();
        List<PodSelection> pods = [];
        HashSet<(TransportProtocol, string)> ports = [];
        var nodes = false;
        foreach (var condition in _atoms.Changed)
        {
            switch (condition)
            {
                case Condition.Pods { Selection: var selection }:
                    pods.Add(selection);
                    break;
                case Condition.Nodes:
                    nodes = true;
                    break;
                case Condition.Network { Id: var network }:
                    TouchNetwork(network, null);
                    break;
                case Condition.Group { Id: var group }:
                    TouchNetwork(group.Network, group.Group);
                    break;
                case Condition.Port port:
                    ports.Add((port.Transport, port.Name));
                    break;
                case Condition.Block { Cidr: var cidr }:
                    blocks.Set(cidr, true);
                    break;
                default:
                    throw new InvalidOperationException($"unknown condition {condition}");
            }
        }

        _atoms.Changed.Clear();
        TouchPods(pods);
        if (nodes || blocks.Count > 0)
        {
            foreach (var node in _nodes.Values)
            {
                _addresses.Touch(node);
            }
        }

        if (blocks.Count > 0 || ports.Count > 0)
        {
            foreach (var holder in _endpoints.Values)
            {
                if (IsConcerned(holder, blocks, ports))
                {
                    _addresses.Touch(holder);
                }
            }
        }

        return blocks;
    }

    private static bool IsConcerned(EndpointHolder holder, PrefixMap<bool> blocks, HashSet<(TransportProtocol, string)> ports)
    {
        if (blocks.Count > 0)
        {
            foreach (var address in holder.Addresses)
            {
                if (blocks.Longest(IpPrefix.Alone(address.Address)))
                {
                    return true;
                }
            }
        }

        return ports.Count > 0 && holder.Endpoint.Pod is { } pod && pod.Ports.Any(port => ports.Contains((port.Protocol, port.Name)));
    }

    private void TouchPods(List<PodSelection> selections)
    {
        var labelled = selections.Count(selection => selection.Namespaces is NamespaceSelection.Labelled);
        foreach (var profile in labelled > ManySelections ? _profiles.All : selections.SelectMany(_profiles.In))
        {
            if (profile.Atoms is not null)
            {
                profile.Atoms = null;
                profile.Endpoints.ForEach(_addresses.Touch);
            }
        }
    }

    private void TouchNetwork(NetworkId network, string? group)
    {
        foreach (var holder in _networks.GetValueOrDefault(network) ?? [])
        {
            if (group is null || holder.Endpoint.Group == group)
            {
                _addresses.Touch(holder);
            }
        }
    }

    private PrefixMap<Identity?> Blocks(PrefixMap<bool> changed)
    {
        var blocks = new PrefixMap<Identity?>();
        List<Atom> found = [];
        foreach (var block in _atoms.Prefixes())
        {
            found.Clear();
            if (_blocks.TryGet(block, out var identity) && !changed.AllOf(block).Any())
            {
                found.AddRange(identity?.Atoms ?? []);
            }
            else
            {
                _atoms.Find(block, found);
            }

            blocks.Set(block, _identities.Use(found));
        }

        return blocks;
    }

    private void WorkOutAddresses()
    {
        List<Atom> found = [];
        foreach (var entry in _addresses.TakeTouched())
        {
            found.Clear();
            if (entry.Holder is EndpointHolder endpoint)
            {
                _atoms.Find(endpoint, entry.Key.Address, found);
            }
            else if (entry.Holder is NodeHolder node)
            {
                _atoms.Find(node.Node, entry.Key.Address, found);
            }

            var has = _identities.Use(found);

            // Most are to this node what anybody at such an address is, and need no entry.
            _addresses.Want(entry, entry.Holder is null || has == OfBlock(_blocks, entry.Key) ? null : new AddressIdentity(has));
            _identities.Release(entry.Identity);
            entry.Identity = has;
        }
    }

    // Networks' own planes have no blocks: who is not known there is nobody.
    private static Identity? OfBlock(PrefixMap<Identity?> blocks, PlaneAddress address) =>
        address.Plane == NetworkId.ClusterDefault ? blocks.Longest(IpPrefix.Alone(address.Address)) : null;
}
