using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>The kubelet's look at the pods of its node.</summary>
[Trait("run", "smoke")]
public sealed class ProbeTests(Lab lab)
{
    [Fact]
    public Task The_kubelet_starts_a_container_again_that_answers_no_probe() => StartedAgainAsync("probes", "probes.yaml", "http", "tcp", "exec");

    [Fact]
    [Trait("kubernetes", "current")]
    public Task The_kubelet_starts_a_container_again_that_answers_no_gRPC() => StartedAgainAsync("probes-grpc", "probes-grpc.yaml", "grpc");

    private async Task StartedAgainAsync(string kubernetesNamespace, string manifest, params string[] pods)
    {
        try
        {
            // Pods are refused until the namespace's service account has been made.
            await Eventually.HoldsAsync(
                "the pods to be accepted",
                () =>
                {
                    lab.Apply(Lab.Manifest(manifest));
                    return true;
                });
            lab.WaitForPods(kubernetesNamespace);
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
        }
    }

    /// <summary>Something of each pod.</summary>
    private string[] Shown(string kubernetesNamespace, string what) =>
        lab.Kubectl("get", "pods", "--namespace", kubernetesNamespace, "-o", $$"""jsonpath={range .items[*]}{{what}}{"\n"}{end}""")
            .Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
