using Netplugin.Agent.Pods;
using Netplugin.Kubernetes;

namespace Netplugin.Agent.Kubernetes;

/// <summary>A question to the API server that a pod's start waits for.</summary>
internal static class LabelQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks.</summary>
    /// <param name="lost">Why the server cannot be followed, if it cannot: then it is not asked either, for a pod that waits is tried again.</param>
    /// <param name="ask">The question.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="what">What is asked.</param>
    /// <exception cref="NotReadyException">There is no answer.</exception>
    public static async Task<T> AskAsync<T>(
        string? lost, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken, string what = "whether labels or an annotation name networks for this pod")
    {
        if (lost is not null)
        {
            throw Unknown(what, lost);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await ask(patience.Token);
        }
        catch (KubernetesException e)
        {
            throw Unknown(what, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unknown(what, $"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static NotReadyException Unknown(string what, string reason) =>
        new($"Kubernetes does not answer, which alone knows {what}: the pod starts when it answers again ({reason})");
}
