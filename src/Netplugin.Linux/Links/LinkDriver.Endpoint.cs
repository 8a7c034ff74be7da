using Netplugin.Core.Addresses;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

public sealed partial class LinkDriver
{
    /// <summary><c>LOOPBACK_IFINDEX</c>, <c>net/net_namespace.h</c>.</summary>
    private static readonly IfIndex Loopback = new(1);

    /// <summary>
    /// Creates a pod's link with its programs attached and its addresses set, and leaves it down, so that the maps can be filled
    /// before <see cref="BringUp"/>. What a killed run left half made under the same name is replaced; what fails half-way is removed.
    /// </summary>
    /// <exception cref="KernelException">
    /// Kind is Exists when the pod has an interface of the wanted name that is not ours, NotFound when the namespace is gone.
    /// </exception>
    public EndpointLink Create(EndpointLinkSpec spec, NetworkNamespace pod, LinkFilters filters)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(filters);

        // Another thread opens the socket in the pod while this one makes the pair.
        var opening = pod.Start(_open);
        try
        {
            LinkState host;
            try
            {
                host = AddPair(spec, pod);
            }
            catch (KernelException exists) when (exists.Kind == KernelErrorKind.Exists)
            {
                RemoveLeftovers(spec, pod, Opened(opening));
                host = AddPair(spec, pod);
            }

            try
            {
                Attach(host.Index, spec.HostInterface, filters);
                SetUpPod(spec, pod, Opened(opening), host.Peer);
            }
            catch
            {
                Delete(host.Index);
                throw;
            }

            return new(spec, host.Index, host.Peer, Opened(opening));
        }
        catch
        {
            Close(opening);
            throw;
        }
    }

    private static NetlinkConversation Opened(Task<NetlinkConversation> opening) => opening.GetAwaiter().GetResult();

    private static void Close(Task<NetlinkConversation> opening)
    {
        Task.WaitAny(opening);
        if (opening.IsCompletedSuccessfully)
        {
            Opened(opening).Dispose();
        }
    }

    /// <summary>Brings a created link up, the last thing a pod waits for, and adds the routes, which need the link up.</summary>
    /// <exception cref="KernelException">Some of it failed; the caller retires the link.</exception>
    public void BringUp(EndpointLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        var node = new NetlinkBatch();
        LinkMessages.BringUp(node, link.HostIndex);
        _node.Execute(node);

        var pod = new NetlinkBatch();
        LinkMessages.BringUp(pod, link.PodIndex);
        foreach (var route in link.Spec.Routes)
        {
            AddressMessages.Add(pod, link.PodIndex, route);
        }

        link.Pod.Execute(pod);
    }

    /// <summary>Attaches programs to a device of ours, or replaces those that are there without a gap.</summary>
    public void Attach(IfIndex device, string name, LinkFilters filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var batch = new NetlinkBatch();
        TrafficMessages.Attach(batch, device, name, filters);
        _node.Execute(batch);
        GC.KeepAlive(filters);
    }

    private static void SetUpPod(EndpointLinkSpec spec, NetworkNamespace pod, NetlinkConversation conversation, IfIndex index)
    {
        if (spec.Addresses.Any(address => !address.Address.IsV4))
        {
            // A runtime may have turned IPv6 off in the pod; the kernel then refuses the address.
            pod.Run(() => NetworkSettings.Set($"ipv6/conf/{spec.PodInterface}/disable_ipv6", "0"));
        }

        var batch = new NetlinkBatch();
        LinkMessages.StopAddressGeneration(batch, index);
        LinkMessages.BringUp(batch, Loopback);
        foreach (var address in spec.Addresses)
        {
            AddressMessages.Add(batch, index, address);
        }

        conversation.Execute(batch);
    }

    /// <summary>
    /// Creates the pair and asks for its indexes in one send. The programs are attached in a second one: a device index chosen here to
    /// save that send could belong to someone else's device when the creation fails, and the rest of the batch would then change it.
    /// </summary>
    private LinkState AddPair(EndpointLinkSpec spec, NetworkNamespace pod)
    {
        var batch = new NetlinkBatch();
        LinkMessages.AddPair(batch, spec, pod);
        LinkMessages.Silence(batch, spec.HostInterface, spec.Alias);
        LinkMessages.Get(batch, spec.HostInterface);
        LinkState? created = null;
        IReadOnlyList<NetlinkFailure> failures;
        try
        {
            failures = _node.Try(batch, (_, message) => created = LinkState.Parse(message));
        }
        catch (KernelException)
        {
            // The answer was lost; the link may be there.
            Delete(spec.HostInterface);
            throw;
        }

        GC.KeepAlive(pod);
        if (failures is [var first, ..])
        {
            if (first.Step > 0)
            {
                Delete(spec.HostInterface);
            }

            // What follows a failed creation fails for want of the link: only the first error says why.
            throw first.Error;
        }

        return created ?? throw new KernelException("create the link", spec.HostInterface, Errno.NoDevice, "the kernel did not report it");
    }

    private void RemoveLeftovers(EndpointLinkSpec spec, NetworkNamespace pod, NetlinkConversation podConversation)
    {
        if (Find(_node, spec.HostInterface) is { } half)
        {
            Delete(half.Index);
        }

        if (Find(podConversation, spec.PodInterface) is not { } inPod)
        {
            return;
        }

        // An interface of that name in the pod is ours only if its other side is one of our links, and says the same of it.
        if (inPod.Kind == "veth" && inPod.PeerNamespace is not null && Find(_node, inPod.Peer) is { } host
            && OwnedLink.IsOwned(host) && host.Peer == inPod.Index && host.PeerNamespace is { } id && id == NamespaceNumber(pod))
        {
            Delete(host.Index);
            return;
        }

        throw new KernelException("create the interface", spec.PodInterface, Errno.Exists,
            "the pod has an interface of that name that is not netplugin's");
    }

    /// <summary>The number by which the node's namespace knows the pod's; -1 when it has none.</summary>
    private int NamespaceNumber(NetworkNamespace pod)
    {
        const ushort Number = 1;
        const ushort Descriptor = 3;
        var batch = new NetlinkBatch();
        var writer = batch.Begin("number the namespace", pod.Name, NetlinkType.GetNamespaceId);
        writer.Put(new GenericHeader());
        writer.PutS32(Descriptor, (int)pod.Handle.DangerousGetHandle());
        batch.End(writer);
        var number = -1;
        _node.Execute(batch, (_, message) =>
        {
            if (message.AttributesAfter<GenericHeader>().TryFind(Number, out var attribute))
            {
                number = attribute.S32;
            }
        });
        GC.KeepAlive(pod);
        return number;
    }
}
