using System.Net;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>
/// The cluster of the run, made as the environment says, with the pods of <c>Manifests/traffic.yaml</c>.
/// A cluster that is up already is used, and stays: so tests can be run one by one.
/// </summary>
public sealed class Lab : Kubelab, IAsyncLifetime
{
    private const int SilentPort = 4003;
    private bool _made;

    /// <summary>A connection through a Service, opened before the first test.</summary>
    public SilentConnection Silent { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _made = !IsUp;
        try
        {
            if (_made)
            {
                Up();
            }

            await ApplyPodsAsync(Manifest("traffic.yaml"));
            WaitForPods("traffic");
            Place first = Pod("first"), redis = Pod("redis");
            var service = new IPEndPoint(ServiceAddress("redis"), SilentPort);
            await Eventually.HoldsAsync(
                "a connection through a Service",
                async () =>
                {
                    Silent = await SilentConnection.OpenAsync(first, redis, service);
                    return true;
                });
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
        Silent?.Dispose();
        if (_made)
        {
            Down();
        }

        return ValueTask.CompletedTask;
    }
}
