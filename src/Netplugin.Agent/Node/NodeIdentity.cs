using Microsoft.Extensions.Logging;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Linux;

namespace Netplugin.Agent.Node;

/// <summary>Finds out this node's tunnel address and underlay MTU, and looks again now and then: addresses and MTUs change under a running daemon.</summary>
internal sealed class NodeIdentity(
    string host, IpAddr given, AddressBlock? block, bool masquerade, Func<CancellationToken, Task<IpAddr>> storeAddress, IUnderlay underlay, ProblemBoard problems, ILogger log)
{
    private const string Topic = "vtep";
    private const int EthernetMtu = 1500;
    private NodeFacts _facts = new(host, given, EthernetMtu) { Block = block, Masquerades = masquerade && block is not null };

    /// <summary>What is known now.</summary>
    public NodeFacts Facts => Volatile.Read(ref _facts);

    /// <summary>Looks again.</summary>
    /// <returns>True when something changed.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var before = Facts;
        try
        {
            var vtep = given;
            if (vtep.IsUnspecified && await storeAddress(cancellationToken) is { IsUnspecified: false } store)
            {
                vtep = underlay.SourceTowards(store);
            }

            if (vtep.IsUnspecified)
            {
                vtep = underlay.DefaultSource();
            }

            var mtu = vtep.IsUnspecified ? 0 : underlay.MtuOf(vtep);
            problems.Set(Topic, Problem(vtep, mtu));
            Volatile.Write(ref _facts, Facts with { Vtep = vtep.IsUnspecified ? before.Vtep : vtep, UnderlayMtu = mtu > 0 ? mtu : before.UnderlayMtu });
        }
        catch (KernelException e)
        {
            problems.Set(Topic, $"the node's tunnel address cannot be looked up: {e.Message}");
        }

        if (Facts == before)
        {
            return false;
        }

        NodeLog.Identity(log, Facts.Vtep, Facts.UnderlayMtu);
        return true;
    }

    private static string? Problem(IpAddr vtep, int mtu)
    {
        if (vtep.IsUnspecified)
        {
            return "this node has no tunnel address, so its pods reach only pods on this node: give -vtep-ip, or a route to the other nodes";
        }

        return mtu == 0 ? $"no device of this node has the tunnel address {vtep}: correct -vtep-ip" : null;
    }
}
