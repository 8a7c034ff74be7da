using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Linux;
using Netplugin.Linux.Nftables;

namespace Netplugin.Agent.Loop;

/// <summary>The cluster network: the pods' addresses in it, which come out of this node's own blocks, and the host's way to every node's pods.</summary>
internal sealed partial class NodeKernel
{
    // Who still believes that the address is the old pod's (a connection, a name server's answer) has forgotten it by then.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(180);
    private readonly Dictionary<IpAddr, long> _resting = [];
    private bool _firewallMasquerades;
    private ImmutableHashSet<HostPort> _firewallPorts = [];
    private ImmutableHashSet<IpAddr> _firewallNodes = [];
    private HostPlane? _plane;
    private bool _planeIsSet;

    /// <summary>True when pods that nothing else names get the default network here.</summary>
    public bool ServesDefaultNetwork => !facts().Blocks.IsEmpty;

    /// <summary>What to say when every address of a block is a pod's; null while none is so, or there is no block.</summary>
    public string? DefaultNetworkIsFull
    {
        get
        {
            var used = UsedAddresses();
            string[] full =
            [
                .. from block in facts().Blocks
                   let count = used.Count(block.Prefix.Contains)
                   where count >= block.Count
                   select $"the block {block} of this node has no free address: {count} of {block.Count} are in use",
            ];
            return full.Length == 0 ? null : string.Join("; ", full);
        }
    }

    /// <summary>The blocks that running pods have their addresses of.</summary>
    public IEnumerable<IpPrefix> BlocksInUse => OfBlocks.Select(a => a.Subnet).Distinct();

    private IEnumerable<InterfaceAddress> OfBlocks => Pods.Values.SelectMany(p => p.Attachments).SelectMany(a => a.OfBlocks);

    /// <summary>What a pod gets in the default network: the next free address of each of this node's blocks.</summary>
    /// <exception cref="ResolveException">A block has none left, or a port of the node cannot be the pod's.</exception>
    public AttachmentWish WishInDefaultNetwork(Pod pod)
    {
        var addresses = NextOfBlocks(pod);
        var id = new EndpointId(NetworkId.ClusterDefault, pod.FullName);
        return new AttachmentWish(id, DatapathState.Cluster, addresses, [], MacAddress.ForEndpoint(addresses.First.Address), pod.Key.Interface);
    }

    /// <summary>
    /// What a pod gets of the endpoints that an intent or its labels name for it. On a node that has blocks its first interface has the next free address of each, too.
    /// </summary>
    /// <exception cref="ResolveException">A block has none left, or a port of the node cannot be the pod's.</exception>
    public AttachmentWish[] WishInNetworks(Pod pod, ImmutableArray<EndpointCandidate> endpoints)
    {
        if (!ServesDefaultNetwork)
        {
            HostPorts.RefuseWithoutBlocks(pod, endpoints[0].Record.Id);
        }

        var isFirst = !Pods.GetValueOrDefault(pod.Key, pod).Attachments.Any(a => IsPresent(a) && a.HasDefaultRoute);
        return
        [
            .. endpoints.Select((e, i) => new AttachmentWish(
                e.Record.Id, e.Network.DatapathId, AddressesOf(e),
                isFirst && i == 0 ? NextOfBlocks(pod) : [], e.Record.Mac, pod.Attachments.IsEmpty && i == 0 ? pod.Key.Interface : "")
            {
                Group = e.Record.Pod?.Group,
                PostedGroup = e.Record.PostedGroup,
            }),
        ];
    }

    /// <summary>What a pod gets beside its first interfaces, because its annotation asks for it.</summary>
    public static IEnumerable<AttachmentWish> WishBeside(IEnumerable<EndpointCandidate> endpoints) => endpoints.Select(e =>
        new AttachmentWish(e.Record.Id, e.Network.DatapathId, AddressesOf(e), [], e.Record.Mac, e.Record.Binding!.Interface)
        {
            Group = e.Record.Pod!.Group,
            IsSecondary = true,
        });

    /// <summary>The blocks that this node gives addresses of.</summary>
    public IEnumerable<IpPrefix> OwnBlocks => facts().Blocks.Select(block => block.Prefix);

    private static PerFamily<InterfaceAddress> AddressesOf(EndpointCandidate e) => [new(e.Record.Address, e.Network.Subnet, e.Network.Gateway)];

    /// <summary>The next free address of each block; none where there is no block.</summary>
    private PerFamily<InterfaceAddress> NextOfBlocks(Pod pod)
    {
        var blocks = facts().Blocks;
        if (blocks.IsEmpty)
        {
            return [];
        }

        HostPorts.Judge(pod, blocks, Pods.Values.Where(other => other.Key != pod.Key));
        foreach (var (rested, _) in _resting.Where(r => time.GetElapsedTime(r.Value) >= Rest).ToArray())
        {
            _resting.Remove(rested);
        }

        var used = UsedAddresses();
        return [.. blocks.Select(block => new InterfaceAddress(NextOf(block, used), block.Prefix, block.Gateway))];
    }

    private HashSet<IpAddr> UsedAddresses() => [.. OfBlocks.Select(a => a.Address)];

    private IpAddr NextOf(AddressBlock block, HashSet<IpAddr> used) =>
        block.Next(journal.PeekNumber, candidate => used.Contains(candidate) || _resting.ContainsKey(candidate))
        ?? throw new ResolveException(
            ResolveFailure.Exhausted,
            $"the block {block} of this node has no free address: {used.Count(block.Prefix.Contains)} of {block.Count} are in use and {_resting.Keys.Count(block.Prefix.Contains)} rest for {Rest.TotalSeconds:0} s after their last use; run fewer pods here, or give the node a larger block");

    private void EnsureFirewall()
    {
        var (masquerades, hostPorts, nodes) = (facts().Masquerades, HostPorts.Of(Pods.Values), OtherNodes());
        links.EnsureFirewall(masquerades, hostPorts, nodes);
        (_firewallMasquerades, _firewallPorts, _firewallNodes) = (masquerades, hostPorts, nodes);
    }

    // By which addresses pods send to the other nodes. The cluster network's endpoints come first, and they alone are few.
    private ImmutableHashSet<IpAddr> OtherNodes() =>
        [.. Current.Endpoints.TakeWhile(e => e.Key.Network == DatapathState.Cluster).Where(e => !e.Value.Vtep.IsUnspecified).Select(e => e.Key.Address)];

    // Between two looks at the real rules, which are rare: the node may have got blocks, a pod host ports, and who has these must know the other nodes.
    private void TellFirewall()
    {
        var hostPorts = HostPorts.Of(Pods.Values);
        if (facts().Masquerades != _firewallMasquerades || !_firewallPorts.SetEquals(hostPorts) || (!hostPorts.IsEmpty && !_firewallNodes.SetEquals(OtherNodes())))
        {
            EnsureFirewall();
        }
    }

    private void BeginRest(IEnumerable<Attachment> gone)
    {
        foreach (var one in gone.SelectMany(a => a.OfBlocks))
        {
            _resting[one.Address] = time.GetTimestamp();
        }
    }

    /// <summary>Makes the host's routes agree with the nodes' blocks.</summary>
    /// <returns>False when that failed and is to be tried again.</returns>
    private bool ReachPods()
    {
        var wanted = HostPlane.Of(view(), facts());
        var rivals = HostPlane.Rivals(view(), facts());
        if (rivals.IsEmpty)
        {
            problems.Set(LoopTopics.Blocks, null);
        }
        else
        {
            Warn(LoopTopics.Blocks, string.Join("; ", rivals.Select(r => $"the block {r.Block} of this node overlaps that of {string.Join(", ", r.Nodes)}: give nodes blocks that do not overlap, each another -pod-cidr or all one -pod-pool")));
        }

        if (_planeIsSet && wanted == _plane)
        {
            return true;
        }

        try
        {
            links.EnsureHostPlane(_vxlan, wanted);
            (_plane, _planeIsSet) = (wanted, true);
            problems.Set(LoopTopics.HostPlane, null);
            return true;
        }
        catch (KernelException e)
        {
            Warn(LoopTopics.HostPlane, $"this node cannot speak with the default network's pods: {e.Message}");
            return false;
        }
    }
}
