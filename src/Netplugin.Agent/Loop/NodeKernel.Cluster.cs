using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>The default network: its pods' addresses, which come out of this node's own blocks, and the host's way to every node's pods.</summary>
internal sealed partial class NodeKernel
{
    // Who still believes that the address is the old pod's (a connection, a name server's answer) has forgotten it by then.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(180);
    private readonly Dictionary<IpAddr, long> _resting = [];
    private ImmutableHashSet<IpAddr> _firewallNodes = [];
    private HostPlane? _plane;
    private bool _planeIsSet;

    /// <summary>True when pods that nothing else names get the default network here.</summary>
    public bool ServesDefaultNetwork => !facts().Blocks.IsEmpty;

    /// <summary>What to say when every address of the block is a pod's; null while one is not, or there is no block.</summary>
    public string? DefaultNetworkIsFull => facts().Blocks is { IsEmpty: false, First: var block } && InDefaultNetwork.Count() is var used && used >= block.Count
        ? $"the block {block.Prefix} of this node has no free address: {used} of {block.Count} are in use"
        : null;

    /// <summary>The blocks that running pods have their addresses of.</summary>
    public IEnumerable<IpPrefix> BlocksInUse => InDefaultNetwork.Select(a => a.Subnet).Distinct();

    private IEnumerable<Attachment> InDefaultNetwork => Pods.Values.SelectMany(p => p.Attachments).Where(a => a.IsInDefaultNetwork);

    /// <summary>What a pod gets in the default network: the next free address of this node's block.</summary>
    /// <exception cref="ResolveException">The block has none left, or a port of the node cannot be the pod's.</exception>
    public AttachmentWish WishInDefaultNetwork(Pod pod)
    {
        var block = facts().Blocks.First;
        HostPorts.Judge(pod, block.Gateway.IsV4, Pods.Values.Where(other => other.Key != pod.Key));
        foreach (var (rested, _) in _resting.Where(r => time.GetElapsedTime(r.Value) >= Rest).ToArray())
        {
            _resting.Remove(rested);
        }

        var used = InDefaultNetwork.Select(a => a.Address).ToHashSet();
        var address = block.Next(journal.PeekNumber, candidate => used.Contains(candidate) || _resting.ContainsKey(candidate))
            ?? throw new ResolveException(
                ResolveFailure.Exhausted,
                $"the block {block.Prefix} of this node has no free address: {used.Count} of {block.Count} are in use and {_resting.Count} rest for {Rest.TotalSeconds:0} s after their last use; run fewer pods here, or give the node a larger block");
        var id = new EndpointId(NetworkId.ClusterDefault, pod.FullName);
        return new AttachmentWish(id, DatapathState.Cluster, block.Prefix, block.Gateway, address, MacAddress.ForEndpoint(address), pod.Key.Interface);
    }

    private void EnsureFirewall()
    {
        ImmutableHashSet<IpAddr> nodes = [.. Current.Vteps.Keys];
        links.EnsureFirewall(facts().Masquerades, HostPorts.Of(Pods.Values), nodes);
        _firewallNodes = nodes;
    }

    // Nodes came or went: who has host ports must know them.
    private void TellFirewall()
    {
        if (!HostPorts.Of(Pods.Values).IsEmpty && !_firewallNodes.SetEquals(Current.Vteps.Keys))
        {
            EnsureFirewall();
        }
    }

    private void BeginRest(IEnumerable<Attachment> gone)
    {
        foreach (var attachment in gone.Where(a => a.IsInDefaultNetwork))
        {
            _resting[attachment.Address] = time.GetTimestamp();
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
            Warn(LoopTopics.Blocks, string.Join("; ", rivals.Select(r => $"the block {r.Block} of this node overlaps that of {r.Nodes}: give each node another -pod-cidr")));
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
