using System.Net;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// Two tenants in the cluster of the run, each with a network of the same subnet and, in a namespace of its name, the pods and Services of
/// <c>Manifests/tenants.yaml</c>: pods of the same names on the same nodes, with the same network addresses.
/// </summary>
/// <param name="lab">The cluster.</param>
public sealed class Tenants(Lab lab) : IAsyncLifetime
{
    /// <summary>Their names; a tenant's number is its place here, from 1.</summary>
    public static readonly string[] Names = ["red", "blue"];

    /// <summary>The pods of each, in the order of their network addresses.</summary>
    public static readonly string[] Pods = ["here", "beside", "there"];

    private string Subnet => lab.Families.First() == '6' ? "fd20::" : "11.20.0.";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        try
        {
            Post("-add-cfg");
            foreach (string tenant in Names)
            {
                await lab.ApplyPodsAsync(ManifestOf(tenant));
            }

            foreach (string tenant in Names)
            {
                lab.WaitForPods(tenant);
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lab.Kubectl(["delete", "namespace", "--ignore-not-found", .. Names]).Succeeded();
        Post("-del-cfg");
        return ValueTask.CompletedTask;
    }

    /// <summary>The address that a pod has in the network of its tenant, whichever that is.</summary>
    public IPAddress NetworkAddress(string pod) => IPAddress.Parse($"{Subnet}{11 + Array.IndexOf(Pods, pod)}");

    /// <summary>Has the test's sockets speak in all pods, by their host names, and gives each its name as the label <c>pod</c>.</summary>
    public Speakers Speak()
    {
        var speakers = new Speakers();
        foreach (string tenant in Names)
        {
            foreach (string pod in Pods)
            {
                lab.Kubectl("label", "pod", "--namespace", tenant, pod, $"pod={pod}", "--overwrite").Succeeded();
                speakers.Add(HostnameOf(tenant, pod), lab.Pod(pod, tenant));
            }
        }

        return speakers;
    }

    /// <summary>What a pod says its name is, which tells its tenant.</summary>
    public static string HostnameOf(string tenant, string pod) => $"{tenant}-{pod}";

    /// <summary>A port that a tenant has of the nodes: of node1 for its pod <c>beside</c>.</summary>
    public static int HostPort(string tenant, Transport transport) => 8094 + (100 * NumberOf(tenant)) + (int)transport;

    /// <summary>The port that a tenant's Service has of every node.</summary>
    public static int NodePort(string tenant, Transport transport) => 30020 + (100 * NumberOf(tenant)) + (int)transport;

    /// <summary>The external address of a tenant's Service.</summary>
    public static string ExternalAddress(string tenant, char family) => $"{(family == '6' ? "2001:db8::6" : "203.0.113.6")}{NumberOf(tenant)}";

    /// <summary>The VXLAN network identifier of a tenant's network: its only one has the first that the tenant has.</summary>
    public static uint FirstVni(string tenant) => (uint)((1000 * (20 + NumberOf(tenant))) + 1);

    private static int NumberOf(string tenant) => Array.IndexOf(Names, tenant) + 1;

    private static string ManifestOf(string tenant) => Kubelab.Manifest("tenants.yaml")
        .Replace("TENANT", tenant, StringComparison.Ordinal)
        .Replace("NUMBER", $"{NumberOf(tenant)}", StringComparison.Ordinal);

    private void Post(string how)
    {
        string length = lab.Families.First() == '6' ? "120" : "24";
        string tenants = string.Join(',', Names.Select(tenant => $$"""
            {"Name":"{{tenant}}","Vxlans":"{{FirstVni(tenant)}}-{{FirstVni(tenant) + 9}}","Networks":[{"Name":"net","SubnetCIDR":"{{Subnet}}0/{{length}}","Endpoints":[
            {{string.Join(',', Pods.Select(pod => $$"""{"Container":"{{pod}}","IPAddress":"{{NetworkAddress(pod)}}"}"""))}}]}]}
            """));
        lab.Netdcli(how, $$"""{"Tenants":[{{tenants}}]}""").Succeeded();
    }
}
