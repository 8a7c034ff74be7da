using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Who posted a record, and what is to be done by who wants it another way: an intent or a custom resource of Kubernetes.</summary>
internal static class Owners
{
    public static string PostedBy(TenantRecord tenant) => PostedBy("Tenant", tenant.Resource);

    public static string PostedBy(NetworkRecord network) => PostedBy("Network", network.Resource);

    /// <summary>How a member that may change is changed.</summary>
    public static string ToChange(TenantRecord tenant) => tenant.Resource.Length == 0
        ? "change it with netdcli"
        : $"change it in the Tenant resource {Quoted.Text(tenant.Resource)}, which posted it (kubectl edit tenants.netplugin.io {tenant.Resource})";

    /// <inheritdoc cref="ToChange(TenantRecord)"/>
    public static string ToChange(NetworkRecord network) => network.Resource.Length == 0
        ? "change it with netdcli"
        : $"change it in the Network resource {Quoted.Text(network.Resource)}, which posted it (kubectl edit networks.netplugin.io {network.Resource})";

    /// <summary>How it is removed.</summary>
    public static string ToRemove(TenantRecord tenant) => tenant.Resource.Length == 0
        ? "remove the tenant first"
        : $"delete the Tenant resource {Quoted.Text(tenant.Resource)}, which posted it (kubectl delete tenants.netplugin.io {tenant.Resource})";

    /// <inheritdoc cref="ToRemove(TenantRecord)"/>
    public static string ToRemove(NetworkRecord network) => network.Resource.Length == 0
        ? "remove the network first"
        : $"delete the Network resource {Quoted.Text(network.Resource)} first, which posted it (kubectl delete networks.netplugin.io {network.Resource})";

    private static string PostedBy(string kind, string resource) =>
        resource.Length == 0 ? "which an intent posted with netdcli" : $"which the {kind} resource {Quoted.Text(resource)} posted";
}
