using Microsoft.Win32.SafeHandles;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>A namespace that plays the node, a driver in it, and programs that let everything pass.</summary>
internal sealed class TestNode : IDisposable
{
    private readonly SafeFileHandle _ingress;
    private readonly SafeFileHandle _egress;

    internal TestNode(int verdict = TestProgram.Pass)
    {
        _ingress = TestProgram.Load(verdict);
        _egress = TestProgram.Load(verdict);
        Namespace = NetworkNamespace.CreateAnonymous();
        Driver = LinkDriver.Open(Namespace);
        Filters = new(_ingress, _egress);
    }

    internal NetworkNamespace Namespace { get; }

    internal LinkDriver Driver { get; }

    internal LinkFilters Filters { get; }

    internal static EndpointLinkSpec Spec(ulong number = 1, string podInterface = "eth0", int mtu = 1450, byte host = 2) => new(
        number,
        $"netplugin sandbox{number} {podInterface} default/orange/c{number}",
        podInterface,
        MacAddress.ForEndpoint(IpAddr.Parse($"10.1.0.{host}")),
        mtu,
        [IpPrefix.Parse($"10.1.0.{host}/24")],
        [PodRoute.DefaultVia(IpAddr.Parse("10.1.0.254"))]);

    internal EndpointLink Up(EndpointLinkSpec spec, NetworkNamespace pod)
    {
        var link = Driver.Create(spec, pod, Filters);
        Driver.BringUp(link);
        link.Dispose();
        return link;
    }

    public void Dispose()
    {
        Driver.Dispose();
        Namespace.Dispose();
        _ingress.Dispose();
        _egress.Dispose();
    }
}
