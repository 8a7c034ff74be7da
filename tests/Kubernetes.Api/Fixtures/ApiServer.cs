using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Api.Fixtures;

/// <summary>A real kube-apiserver with a namespace to work in.</summary>
public sealed class ApiServer : KubeApiServer, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        await CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"shop","labels":{"io.contiv.tenant":"blue"}}}""");
    }
}
