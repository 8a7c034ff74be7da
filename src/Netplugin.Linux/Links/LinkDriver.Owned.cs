using Netplugin.Core.Addresses;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary>Every pod link of ours on the node, retired ones too.</summary>
    public IReadOnlyList<OwnedLink> ListOwned()
    {
        var owned = new List<OwnedLink>();
        foreach (var link in _node.Dump("list the links", LinkMessages.GetAll, LinkState.Parse))
        {
            if (OwnedLink.IsOwned(link, out var attachment))
            {
                owned.Add(new(link.Index, link.Name, attachment, link.Alias, link.Mtu, link.IsUp, link.Group == LinkNames.RetiredGroup,
                    ProgramAt(link.Index, TrafficMessages.Ingress), ProgramAt(link.Index, TrafficMessages.Egress)));
            }
        }

        return owned;
    }

    /// <summary>
    /// Marks links for <see cref="DeleteRetired"/>, in one send and without waiting for the kernel's grace period: they stay up until then, and their
    /// programs drop what has no entry in the maps any more. Links that are gone already, as after their pod's namespace ended, are passed over.
    /// </summary>
    /// <exception cref="KernelException">One failed; all were tried.</exception>
    public void Retire(IReadOnlyCollection<IfIndex> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        var batch = new NetlinkBatch();
        foreach (var link in links)
        {
            LinkMessages.Retire(batch, link);
        }

        ThrowUnlessGone(_node.Try(batch));
    }

    /// <summary>
    /// Deletes all retired links at once; returns whether there were any. Blocks for 16 to 60 ms whatever their number: call it from
    /// a background worker, not from a request.
    /// </summary>
    public bool DeleteRetired()
    {
        var batch = new NetlinkBatch();
        LinkMessages.DeleteRetired(batch);
        var failures = _deletions.Try(batch);
        ThrowUnlessGone(failures);
        return failures.Count == 0;
    }

    /// <summary>Sets a link's MTU in bytes on both sides; a pod whose namespace is gone is passed over.</summary>
    public void SetMtu(IfIndex hostIndex, NetworkNamespace pod, string podInterface, int mtu)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var node = new NetlinkBatch();
        LinkMessages.SetMtu(node, hostIndex, mtu);
        _node.Execute(node);

        using var conversation = pod.Run(_open);
        if (Find(conversation, podInterface) is { } link)
        {
            var batch = new NetlinkBatch();
            LinkMessages.SetMtu(batch, link.Index, mtu);
            conversation.Execute(batch);
        }
    }

    /// <summary>The kernel id of the program our filter on a hook runs; 0 when there is none.</summary>
    private uint ProgramAt(IfIndex device, uint hook) =>
        FiltersAt(device, hook).FirstOrDefault(filter => filter.Is(hook, TrafficMessages.FilterInfo))?.Program ?? 0;

    private List<FilterReference> FiltersAt(IfIndex device, uint hook)
    {
        try
        {
            return _node.Dump("list the filters", batch => TrafficMessages.GetFilters(batch, device, hook), FilterReference.Parse);
        }
        catch (KernelException none) when (none.Kind is KernelErrorKind.NotFound or KernelErrorKind.Invalid)
        {
            // The device went away, or has no clsact.
            return [];
        }
    }

    /// <summary>A filter on a hook; one that runs no eBPF program has 0 for its id.</summary>
    private sealed record FilterReference(uint Hook, uint Handle, uint Info, uint Program)
    {
        internal static FilterReference? Parse(NetlinkMessage message)
        {
            var header = message.Read<TrafficHeader>();

            // Each priority is listed once more without a handle, before its filters.
            return header.Handle == 0
                ? null
                : new(header.Parent, header.Handle, header.Info,
                    message.AttributesAfter<TrafficHeader>().TryFind(TrafficMessages.Options, out var options)
                    && options.Nested.TryFind(TrafficMessages.BpfId, out var id) ? id.U32 : 0);
        }

        internal bool Is(uint hook, uint info) => Hook == hook && Handle == TrafficMessages.FilterHandle && Info == info;
    }
}
