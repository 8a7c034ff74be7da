using System.Text.Json;
using Netplugin.Runtime;

namespace Netplugin.Tests.Runtime;

public sealed class SandboxInfoTests
{
    [Theory]
    // containerd 1.6 and 2.x: the namespace is a mount of the runtime's.
    [InlineData("""{"pid":71,"runtimeSpec":{"linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/var/run/netns/cni-1"}]}}}""", "/var/run/netns/cni-1")]
    // A runtime that lets the OCI runtime make the namespace: only the process leads to it.
    [InlineData("""{"pid":71,"runtimeSpec":{"linux":{"namespaces":[{"type":"network"}]}}}""", "/proc/71/ns/net")]
    [InlineData("""{"pid":71,"runtimeSpec":{"linux":{"namespaces":[{"type":"network","path":"/unseen/from/here"}]}}}""", "/proc/71/ns/net")]
    // No specification told.
    [InlineData("""{"image":"pause","pid":71}""", "/proc/71/ns/net")]
    // The node's own network: there is no namespace to attach to.
    [InlineData("""{"pid":71,"runtimeSpec":{"linux":{"namespaces":[{"type":"pid"}]}}}""", null)]
    // Stopped.
    [InlineData("""{"pid":0,"runtimeSpec":{"linux":{"namespaces":[{"type":"network","path":"/var/run/netns/gone"}]}}}""", null)]
    [InlineData("{}", null)]
    public void The_namespace_is_found_in_what_a_runtime_tells(string json, string? expected)
    {
        var existing = new[] { "/var/run/netns/cni-1", "/proc/71/ns/net" };

        Assert.Equal(expected, SandboxInfo.Parse(json).Resolve(existing.Contains));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"pid\":")]
    public void What_is_not_an_object_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => SandboxInfo.Parse(json));

    [Theory]
    [InlineData("""{"pid":"x","runtimeSpec":[],"linux":7}""")]
    [InlineData("""{"runtimeSpec":{"linux":{"namespaces":[7,{"type":3},{"type":"network","path":5}]}}}""")]
    public void Members_of_another_shape_are_passed_over(string json) => Assert.Null(SandboxInfo.Parse(json).Resolve(_ => true));

    [Theory]
    [InlineData("unix:///run/c.sock", "/run/c.sock")]
    [InlineData("unix:/run/c.sock", "/run/c.sock")]
    [InlineData("/run/c.sock", "/run/c.sock")]
    public void An_endpoint_is_a_socket(string endpoint, string path) => Assert.Equal(path, RuntimeEndpoint.SocketPath(endpoint));

    [Theory]
    [InlineData("")]
    [InlineData("tcp://127.0.0.1:1")]
    [InlineData("run/c.sock")]
    public void Another_endpoint_is_refused(string endpoint) => Assert.Throws<ArgumentException>(() => RuntimeEndpoint.SocketPath(endpoint));
}
