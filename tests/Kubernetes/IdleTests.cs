using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Connections on which nothing is said for long.</summary>
public sealed class IdleTests(Lab lab)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    // It was opened before all other tests, and all the others go before this one.
    [Fact]
    public Task A_connection_through_a_Service_goes_on_after_ten_silent_minutes() => lab.Silent.GoesOnAfterAsync(Silence);
}
