using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>The kubelet's look at the pods of its node.</summary>
[Trait("run", "smoke")]
public sealed class ProbeTests(Lab lab)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_kubelet_starts_a_container_again_that_answers_no_probe(bool ofTenant) => StartedAgainAsync(ofTenant, "probes", "probes.yaml", "http", "tcp", "exec");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("kubernetes", "current")]
    public Task The_kubelet_starts_a_container_again_that_answers_no_gRPC(bool ofTenant) => StartedAgainAsync(ofTenant, "probes-grpc", "probes-grpc.yaml", "grpc");

    private async Task StartedAgainAsync(bool ofTenant, string kubernetesNamespace, string manifest, params string[] pods)
    {
        const string Tenant = """{"Tenants":[{"Name":"probed","Vxlans":"27001-27010","Networks":[{"Name":"net","SubnetCIDR":"11.70.0.0/24"}]}]}""";
        if (ofTenant)
        {
            lab.Netdcli("-add-cfg", Tenant).Succeeded();
        }

        try
        {
            await lab.ApplyPodsAsync(Lab.Manifest(manifest).Replace("LABELS", ofTenant ? "io.contiv.tenant: probed, io.contiv.network: net" : "", StringComparison.Ordinal));
            lab.WaitForPods(kubernetesNamespace);
            string network = (await lab.NetworkStatusAsync(kubernetesNamespace, pods[0])).GetProperty("name").GetString()!;
            Assert.Equal(ofTenant ? "probed/net" : "default", network);
            string[] before = Shown(kubernetesNamespace, "{.status.podIPs[*].ip}");
            Assert.All(Shown(kubernetesNamespace, "{.status.containerStatuses[0].restartCount}"), count => Assert.Equal("0", count));

            // What answers is not the container's first process: without a probe that fails, the container would stay.
            foreach (string pod in pods)
            {
                lab.Kubectl("exec", "--namespace", kubernetesNamespace, pod, "--", "busybox", "killall", "agnhost").Succeeded();
            }

            await Eventually.HoldsAsync(
                "the containers to be started again",
                () => Shown(kubernetesNamespace, "{.status.containerStatuses[0].restartCount}").All(count => count == "1"),
                TimeSpan.FromSeconds(60));
            lab.WaitForPods(kubernetesNamespace);
            Assert.Equal(before, Shown(kubernetesNamespace, "{.status.podIPs[*].ip}"));
        }
        finally
        {
            lab.Kubectl("delete", "namespace", kubernetesNamespace).Succeeded();
            if (ofTenant)
            {
                await lab.TakeBackAsync(Tenant);
            }
        }
    }

    /// <summary>Something of each pod.</summary>
    private string[] Shown(string kubernetesNamespace, string what) =>
        lab.Kubectl("get", "pods", "--namespace", kubernetesNamespace, "-o", $$"""jsonpath={range .items[*]}{{what}}{"\n"}{end}""")
            .Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
