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
    /// <exception cref="NotReadyException">There is no answer.</exception>
    public static async Task<T> AskAsync<T>(string? lost, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (lost is not null)
        {
            throw Unknown(lost);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await ask(patience.Token);
        }
        catch (KubernetesException e)
        {
            throw Unknown(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unknown($"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static NotReadyException Unknown(string reason) =>
        new($"Kubernetes does not answer, which alone knows whether labels or an annotation name networks for this pod: the pod starts when it answers again ({reason})");
}
