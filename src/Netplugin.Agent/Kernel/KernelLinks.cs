using System.Collections.Immutable;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Nftables;

namespace Netplugin.Agent.Kernel;

/// <summary>The real links, over rtnetlink.</summary>
/// <param name="driver">The driver.</param>
/// <param name="stubs">What is attached to every device.</param>
internal sealed class KernelLinks(LinkDriver driver, StubPrograms stubs) : ILinks
{
    private readonly LinkFilters _podFilters = new(stubs.FromPod, stubs.ToPod);
    private readonly LinkFilters _overlayFilters = new(stubs.FromOverlay, stubs.ToOverlay);

    /// <inheritdoc/>
    public ICreatedLink Create(LinkWish wish, IPodNamespace pod) =>
        new CreatedLink(driver.Create(SpecOf(wish), Namespace(pod), _podFilters));

    /// <inheritdoc/>
    public void BringUp(ICreatedLink link) => driver.BringUp(((CreatedLink)link).Inner);

    /// <inheritdoc/>
    public void Attach(LinkWish wish, IfIndex device) => driver.Attach(device, LinkNames.ForAttachment(wish.Number), _podFilters);

    /// <inheritdoc/>
    public void Retire(ImmutableArray<IfIndex> devices) => driver.Retire(devices);

    /// <inheritdoc/>
    public void DeleteRetired() => driver.DeleteRetired();

    /// <inheritdoc/>
    public ImmutableArray<OwnedLink> ListOwned() =>
        [.. driver.ListOwned().Where(l => !l.IsRetired).Select(l => new OwnedLink(l.Index, l.Attachment, l.IsUp, l.HasFilters, l.Mtu))];

    /// <inheritdoc/>
    public ImmutableArray<string> Check(LinkWish wish, IfIndex device, IPodNamespace pod) => [.. driver.Check(SpecOf(wish), Namespace(pod))];

    /// <inheritdoc/>
    public void SetMtu(IfIndex device, IPodNamespace pod, string podInterface, int mtu) => driver.SetMtu(device, Namespace(pod), podInterface, mtu);

    /// <inheritdoc/>
    public IfIndex EnsureVxlanDevice(int mtu) => driver.EnsureVxlanDevice(mtu, _overlayFilters);

    /// <inheritdoc/>
    public ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(IpAddr source, IReadOnlyCollection<IpAddr> vteps, int mtu) =>
        driver.Underlay.NextHopsTo(source, vteps, mtu);

    /// <inheritdoc/>
    public void AttachUplink(IfIndex device) => driver.AttachUplink(device, stubs.FromUnderlay);

    /// <inheritdoc/>
    public void EnsureFirewall(bool masquerade, ImmutableHashSet<HostPort> hostPorts, ImmutableHashSet<IpAddr> nodes) =>
        HostFirewall.Ensure(masquerade, hostPorts, nodes);

    /// <inheritdoc/>
    public ImmutableHashSet<HostPort> ListHostPorts() => HostFirewall.ListHostPorts();

    /// <inheritdoc/>
    public void EnsureHostPlane(IfIndex vxlan, HostPlane? plane)
    {
        if (plane is null)
        {
            driver.EnsureHostRoutes(vxlan, [], [], []);
            return;
        }

        driver.EnsureHostRoutes(vxlan, [.. plane.Own.Select(own => own.Gateway)], plane.Blocks, [.. plane.Sources]);
        foreach (var own in plane.Own)
        {
            Forwarding.Enable(own.IsV4);
        }
    }

    private static Linux.Namespaces.NetworkNamespace Namespace(IPodNamespace pod) => ((KernelNamespace)pod).Inner;

    private static EndpointLinkSpec SpecOf(LinkWish wish) => new(
        wish.Number, wish.Alias, wish.Interface, wish.Mac, wish.Mtu, wish.Addresses, wish.Routes);

    private sealed class CreatedLink(EndpointLink inner) : ICreatedLink
    {
        public EndpointLink Inner { get; } = inner;

        public IfIndex Device => Inner.HostIndex;

        public void Dispose() => Inner.Dispose();
    }
}
