using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Killing a node's programs while pods talk.</summary>
[Trait("run", "smoke")]
public sealed class RestartTests(Lab lab)
{
    [Fact]
    public async Task A_connection_goes_on_while_netplugin_is_killed_and_started_on_both_nodes()
    {
        foreach (char family in lab.Families)
        {
            await GoesOnAsync(lab.Pod("redis").Address(family));
        }
    }

    [Fact]
    public Task A_connection_through_a_Service_goes_on_while_netplugin_is_killed_and_started_on_both_nodes() => GoesOnAsync(lab.ServiceAddress("redis"));

    [Theory]
    [InlineData("kube-proxy")]
    [InlineData("kubelet")]
    [InlineData("containerd")]
    public async Task A_connection_outlives_the_restart_of_another_program_on_both_nodes(string program)
    {
        foreach (char family in lab.Families)
        {
            Conversation conversation = await Conversation.BeginAsync(lab.Pod("first"), lab.Pod("redis").Address(family));
            foreach (int node in new[] { 1, 2 })
            {
                lab.Kill(node, program);
                lab.Start(node, program);
            }

            await conversation.GoesOnAsync();
        }
    }

    private async Task GoesOnAsync(IPAddress redis)
    {
        Conversation conversation = await Conversation.BeginAsync(lab.Pod("first"), redis);
        await conversation.OutlivesNetpluginAsync(lab);
    }
}
