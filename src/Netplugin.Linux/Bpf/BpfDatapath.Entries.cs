using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Linux.Bpf;

// What is in the maps: reading all of it, and writing changes.
public sealed partial class BpfDatapath
{
    /// <summary>What this generation's maps hold.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public DatapathState Observe() => Observe(DatapathState.Empty);

    /// <summary>
    /// What this generation's maps hold. Some 30 ms per 100,000 endpoints; those and the frontends that are as they were known are not made anew,
    /// so a look that finds nothing changed leaves no garbage.
    /// </summary>
    /// <param name="known">What they held when they were written or looked at last.</param>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public DatapathState Observe(DatapathState known) => new(
        ReadNode(),
        _networks.ReadAll().ToDictionary(pair => pair.Key, pair => pair.Value.ToEntry()),
        (known ?? throw new ArgumentNullException(nameof(known))).Endpoints.Rebuild(_endpoints.ReadAll().Select(static pair =>
            KeyValuePair.Create(new EndpointKey(pair.Key.Network, pair.Key.Addr.ToAddress()), EntryOf(pair.Value)))),
        _interfaces.ReadAll().ToDictionary(pair => new IfIndex((int)pair.Key), pair => EntryOf(pair.Value)),
        _vteps.ReadAll().ToDictionary(
            pair => pair.Key.ToAddress(),
            pair => pair.Value.Ifindex == 0 ? default : new VtepEntry(new IfIndex((int)pair.Value.Ifindex), pair.Value.NextHop.ToAddress())),
        _blocks.ReadAll().ToDictionary(pair => pair.Key.ToKey(), pair => pair.Value.Vtep.ToAddress()),
        _frontends.Observe(known.Frontends),
        [.. _shared.ReadAll().Select(pair => pair.Key.ToKey())]);

    /// <summary>Where this generation's map has an endpoint; null when it has it nowhere.</summary>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public EndpointEntry? Find(EndpointKey key) => _endpoints.Find(KeyOf(key)) is { } value ? EntryOf(value) : null;

    /// <summary>Whose this generation's map says a device is; null when it is nobody's.</summary>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public InterfaceEntry? Find(IfIndex device) => _interfaces.Find((uint)device.Value) is { } value ? EntryOf(value) : null;

    /// <summary>What this generation's maps say of a frontend; null when they have none.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public Frontend? Find(FrontendKey key) => _frontends.Find(key);

    /// <summary>
    /// Writes changes in their order. Writing what is there, or removing what is gone, succeeds. Each entry is replaced as a whole; the
    /// node's settings are not, so a packet may meet half of them while they change.
    /// </summary>
    /// <param name="changes">As <see cref="DatapathDiff"/> makes them.</param>
    /// <exception cref="KernelException">A map is full or memory is short. Some changes may have been written: observe again.</exception>
    public void Apply(ImmutableArray<DatapathChange> changes)
    {
        for (var i = 0; i < changes.Length;)
        {
            i += changes[i] switch
            {
                DatapathChange.SetNode set => WriteNode(set.Node),
                DatapathChange.ClearNode => WriteNode(default(NodeValue)),
                DatapathChange.SetNetwork => PutRun(changes, i, _networks, static (DatapathChange.SetNetwork put) =>
                    new(put.Network, NetworkValue.From(put.Entry))),
                DatapathChange.SetVtep => PutRun(changes, i, _vteps, static (DatapathChange.SetVtep put) =>
                    new(WireAddress.From(put.Vtep), ValueOf(put.Entry))),
                DatapathChange.SetEndpoint => PutRun(changes, i, _endpoints, static (DatapathChange.SetEndpoint put) =>
                    new(KeyOf(put.Key), ValueOf(put.Entry))),
                DatapathChange.SetBlock => PutRun(changes, i, _blocks, static (DatapathChange.SetBlock put) =>
                    new(BlockKeyValue.From(put.Key), new BlockValue { Vtep = WireAddress.From(put.Vtep) })),
                DatapathChange.SetShared => PutRun(changes, i, _shared, static (DatapathChange.SetShared put) =>
                    new(FrontendKeyValue.From(put.Key), default)),
                DatapathChange.SetFrontend => SetFrontends(changes, i),
                DatapathChange.SetInterface set => SetInterface(set),
                DatapathChange.RemoveNetwork delete => Delete(_networks, delete.Network),
                DatapathChange.RemoveVtep delete => Delete(_vteps, WireAddress.From(delete.Vtep)),
                DatapathChange.RemoveEndpoint delete => Delete(_endpoints, KeyOf(delete.Key)),
                DatapathChange.RemoveBlock delete => Delete(_blocks, BlockKeyValue.From(delete.Key)),
                DatapathChange.RemoveFrontend delete => RemoveFrontend(delete.Key),
                DatapathChange.RemoveShared delete => Delete(_shared, FrontendKeyValue.From(delete.Key)),
                DatapathChange.RemoveInterface delete => RemoveInterface(delete.Device),
                _ => throw new ArgumentException($"{changes[i].GetType().Name} is not a change of the datapath", nameof(changes)),
            };
        }
    }

    private static EndpointEntry EntryOf(EndpointValue value) => new(new IfIndex((int)value.Ifindex), value.Vtep.ToAddress(), value.Mac.ToMac(), value.Network);

    private static InterfaceEntry EntryOf(InterfaceValue value) => new(value.Network, value.Endpoint, value.Mac.ToMac(), value.Addrs.ToPair(), value.Cluster.ToPair());

    private static EndpointKeyValue KeyOf(EndpointKey key) => new() { Network = key.Network, Addr = WireAddress.From(key.Address) };

    private static EndpointValue ValueOf(EndpointEntry entry) => new()
    {
        Ifindex = (uint)entry.Device.Value,
        Vtep = WireAddress.From(entry.Vtep),
        Mac = WireMac.From(entry.Mac),
        Network = entry.Network,
    };

    private static InterfaceValue ValueOf(InterfaceEntry entry) => new()
    {
        Endpoint = entry.EndpointNumber,
        Addrs = WireAddressPair.From(entry.Addresses),
        Cluster = WireAddressPair.From(entry.ClusterAddresses),
        Network = entry.Network,
        Mac = WireMac.From(entry.Mac),
    };

    private static VtepValue ValueOf(VtepEntry entry) => new()
    {
        Ifindex = (uint)entry.Device.Value,
        NextHop = entry.Device == IfIndex.None ? default : WireIpv4.From(entry.NextHop),
    };

    // Writes the changes of one kind that follow each other in batches; returns how many they are.
    private static int PutRun<TChange, TKey, TValue>(
        ImmutableArray<DatapathChange> changes, int start, BpfMap<TKey, TValue> map, Func<TChange, KeyValuePair<TKey, TValue>> entryOf)
        where TChange : DatapathChange
        where TKey : unmanaged
        where TValue : unmanaged
    {
        var run = RunOf(changes, start, entryOf);
        map.Put(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run));
        return run.Count;
    }

    private static List<KeyValuePair<TKey, TValue>> RunOf<TChange, TKey, TValue>(
        ImmutableArray<DatapathChange> changes, int start, Func<TChange, KeyValuePair<TKey, TValue>> entryOf)
        where TChange : DatapathChange
    {
        var run = new List<KeyValuePair<TKey, TValue>>();
        for (var i = start; i < changes.Length && changes[i] is TChange change; i++)
        {
            run.Add(entryOf(change));
        }

        return run;
    }

    private int SetFrontends(ImmutableArray<DatapathChange> changes, int start)
    {
        var run = RunOf(changes, start, static (DatapathChange.SetFrontend set) => KeyValuePair.Create(set.Key, set.Frontend));
        _frontends.Set(run);
        return run.Count;
    }

    private int RemoveFrontend(FrontendKey key)
    {
        _frontends.Remove(key);
        return 1;
    }

    private static int Delete<TKey, TValue>(BpfMap<TKey, TValue> map, TKey key)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        map.Delete(key);
        return 1;
    }

    private int WriteNode(NodeEntry entry)
    {
        // RFC 8200 section 5 wants 1280 for IPv6; below 576 an ICMP error would no longer hold its quote.
        ArgumentOutOfRangeException.ThrowIfLessThan(entry.OverlayMtu, 576, nameof(entry));
        return WriteNode(new NodeValue
        {
            Vtep = WireAddress.From(entry.Vtep),
            VxlanIfindex = (uint)entry.VxlanDevice.Value,
            OverlayMtu = (uint)entry.OverlayMtu,
            GatewayMac = WireMac.From(entry.GatewayMac),
        });
    }

    private unsafe int WriteNode(NodeValue value)
    {
        uint key = 0;
        var result = LibBpf.UpdateElement(_node, &key, &value, 0);
        return result < 0 ? throw new KernelException("write to the map", "np_node", -result) : 1;
    }

    private unsafe NodeEntry? ReadNode()
    {
        uint key = 0;
        NodeValue value = default;
        var result = LibBpf.LookupElement(_node, &key, &value);
        if (result < 0)
        {
            throw new KernelException("read the map", "np_node", -result);
        }

        // An array's element is there from the start, all zero; no MTU is zero.
        return value.OverlayMtu == 0
            ? null
            : new(value.Vtep.ToAddress(), new IfIndex((int)value.VxlanIfindex), value.GatewayMac.ToMac(), (int)value.OverlayMtu);
    }
}

file static class ReadingExtensions
{
    // A hash map that changes while it is read may show an element twice; the later sight is the truer one.
    internal static ImmutableDictionary<TKey, TEntry> ToDictionary<TElement, TKey, TEntry>(
        this IEnumerable<TElement> elements, Func<TElement, TKey> keyOf, Func<TElement, TEntry> entryOf)
        where TKey : notnull
    {
        var builder = ImmutableDictionary.CreateBuilder<TKey, TEntry>();
        foreach (var element in elements)
        {
            builder[keyOf(element)] = entryOf(element);
        }

        return builder.ToImmutable();
    }
}
