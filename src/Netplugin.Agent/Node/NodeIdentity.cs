using Microsoft.Extensions.Logging;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Linux;

namespace Netplugin.Agent.Node;

/// <summary>
/// Finds out this node's tunnel address, its address of the other family and its underlay MTU, and looks again now and then: addresses and MTUs change under a running daemon. Keeps the
/// blocks of the default network's pods, which somebody gives.
/// </summary>
internal sealed class NodeIdentity(
    string host, IpAddr given, PerFamily<AddressBlock> blocks, bool masquerade, Func<CancellationToken, Task<IpAddr>> storeAddress, IUnderlay underlay, ProblemBoard problems, ILogger log)
{
    private const string Topic = "vtep";
    private const int EthernetMtu = 1500;
    private readonly Lock _gate = new();
    private NodeFacts _facts = new(host, given, EthernetMtu) { Blocks = blocks, Masquerades = masquerade && !blocks.IsEmpty };

    /// <summary>What is known now.</summary>
    public NodeFacts Facts => Volatile.Read(ref _facts);

    /// <summary>Says from which blocks the default network's pods of this node get their addresses.</summary>
    /// <returns>True when these are others than before.</returns>
    public bool Serve(PerFamily<AddressBlock> given)
    {
        lock (_gate)
        {
            var before = _facts.Blocks;
            Volatile.Write(ref _facts, _facts with { Blocks = given, Masquerades = masquerade && !given.IsEmpty });
            return before != given;
        }
    }

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
            var second = vtep.IsUnspecified ? before.SecondAddress : underlay.OtherFamilyOf(vtep);
            lock (_gate)
            {
                Volatile.Write(ref _facts, _facts with
                {
                    Vtep = vtep.IsUnspecified ? before.Vtep : vtep,
                    SecondAddress = second,
                    UnderlayMtu = mtu > 0 ? mtu : before.UnderlayMtu,
                });
            }
        }
        catch (KernelException e)
        {
            problems.Set(Topic, $"the node's tunnel address cannot be looked up: {e.Message}");
        }

        if ((Facts.Vtep, Facts.SecondAddress, Facts.UnderlayMtu) == (before.Vtep, before.SecondAddress, before.UnderlayMtu))
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
