using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Pods of Services that are not ready, or are about to go.</summary>
[Trait("run", "smoke")]
public sealed class EndpointTests(Lab lab) : IAsyncLifetime
{
    private const string Namespace = "endpoints";
    private const int RedisPort = 6379;

    public async ValueTask InitializeAsync()
    {
        await lab.ApplyPodsAsync(Kubelab.Manifest("endpoints.yaml"));
        lab.Kubectl("wait", "--namespace", Namespace, "--for=condition=Ready", "pod/leaving", "--timeout=60s").Succeeded();
        await Eventually.HoldsAsync("the other pod to run", () => lab.Pod("careful", Namespace).Run("true").ExitCode == 0);
    }

    public ValueTask DisposeAsync()
    {
        lab.Kubectl("delete", "namespace", Namespace).Succeeded();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_Service_leads_to_a_pod_while_it_is_ready_or_always_when_it_asks_for_that()
    {
        Place first = lab.Pod("first"), careful = lab.Pod("careful", Namespace);
        Assert.Equal("careful", await first.NameOfAsync(Host("careless"), 80, Transport.Tcp));
        await RefusesAsync("careful", 80);

        careful.Run("touch", "/tmp/ready").Succeeded();
        Assert.Equal("careful", await first.NameOfAsync(Host("careful"), 80, Transport.Tcp));

        careful.Run("rm", "/tmp/ready").Succeeded();
        await RefusesAsync("careful", 80);
        Assert.Equal("careful", await first.NameOfAsync(Host("careless"), 80, Transport.Tcp));
    }

    [Fact]
    public async Task A_connection_to_a_pod_that_is_going_away_goes_on()
    {
        string first = lab.Pod("first").NetworkNamespace();
        var service = new IPEndPoint(lab.ServiceAddress("leaving", Namespace), RedisPort);
        await Eventually.HoldsAsync(
            "the Service to lead to the pod",
            async () =>
            {
                await ConnectionSeries.AskAsync(first, service);
                return true;
            });
        using RedisConnection connection = await RedisConnection.OpenAsync(first, service);

        lab.Kubectl("delete", "pod", "--namespace", Namespace, "leaving", "--wait=false").Succeeded();

        // Whether new connections still get there depends on the version of Kubernetes: since 1.22 it says which pods serve while they go.
        await Eventually.HoldsAsync(
            "the pod to be none of the Service's ready ones",
            () => lab.Kubectl("get", "endpoints", "--namespace", Namespace, "leaving", "-o", "jsonpath={.subsets[*].addresses[*].ip}").Succeeded().Trim().Length == 0);
        int counted = connection.Counted;
        await Eventually.HoldsAsync("the connection to go on", () => connection.Counted >= counted + 20);
        Assert.True(await connection.StopAsync() > 20, "the connection was not ended");
    }

    private Task RefusesAsync(string service, int port) => Eventually.HoldsAsync(
        $"Service {service} to refuse",
        () => lab.Pod("first").Run("agnhost", "connect", "--timeout=3s", new IPEndPoint(lab.ServiceAddress(service, Namespace), port).ToString()).Error.Contains("REFUSED", StringComparison.Ordinal));

    private string Host(string service) => lab.ServiceAddress(service, Namespace).ToString();
}
