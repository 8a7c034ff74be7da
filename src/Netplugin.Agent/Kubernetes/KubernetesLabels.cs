using Netplugin.Agent.Attachments;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Core.Resources;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Kubernetes;

/// <summary>Which networks pods have by labels and annotation, and which running pods are no longer where theirs say.</summary>
internal sealed class KubernetesLabels
{
    private readonly KubernetesPods _pods;
    private readonly KubernetesNamespaces _namespaces;
    private readonly NodeKernel _kernel;

    /// <summary>Puts it together; it begins with those that it is given.</summary>
    /// <param name="pods">The node's pods.</param>
    /// <param name="namespaces">The cluster's namespaces.</param>
    /// <param name="kernel">What the pods have.</param>
    public KubernetesLabels(KubernetesPods pods, KubernetesNamespaces namespaces, NodeKernel kernel)
    {
        (_pods, _namespaces, _kernel) = (pods, namespaces, kernel);
        pods.WishesChanged += OnPod;
        namespaces.Relabelled += OnNamespace;
    }

    /// <summary>
    /// Told of every pod that stays in its networks though its labels, its namespace's, or its annotation name others now, with the sentence that says so.
    /// </summary>
    public event Action<Pod, string>? Unchanged;

    /// <summary>The networks that a pod has by labels and by its annotation.</summary>
    /// <exception cref="NotReadyException">They, or its namespace's labels, are not known, and the API server cannot be asked.</exception>
    public async Task<WishedNetworks> NetworksOfAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        // Without a namespace it is no pod of Kubernetes. One that the kubelet has from a file may start before the API server has an image of it, or without
        // the API server: so it has no network by what Kubernetes says at all. The kubelet gives it a hash for a uid.
        if (request.PodNamespace.Length == 0 || Guid.TryParseExact(request.PodUid, "N", out _))
        {
            return default;
        }

        if (await _pods.WishesAsync(new(request.PodNamespace, request.PodName), request.PodUid, cancellationToken) is not { } own)
        {
            return default;
        }

        var ofNamespace = own.Labels.NameNetwork ? default : await _namespaces.LabelsAsync(request.PodNamespace, cancellationToken);
        return new(NetworkLabels.Choose(own.Labels, ofNamespace), own.Annotation);
    }

    private void OnPod(NamespacedName name, PodWishes before, PodWishes now)
    {
        bool IsMeant(Pod pod) => pod.Namespace == name.Namespace && pod.Name == name.Name;
        if (before.Labels != now.Labels)
        {
            var ofNamespace = _namespaces.Find(name.Namespace) ?? default;
            Tell(IsMeant, (_, _) => (NetworkLabels.Choose(before.Labels, ofNamespace), NetworkLabels.Choose(now.Labels, ofNamespace)));
        }

        if (before.Annotation != now.Annotation)
        {
            foreach (var pod in _kernel.Pods.Values.Where(pod => !pod.Ended && IsMeant(pod) && pod.Attachments.Any(a => a.Phase == AttachmentPhase.Up)))
            {
                Unchanged?.Invoke(pod, $"pod {pod.FullName} keeps its interfaces as they are until it is started anew, though its annotation {NetworkSelection.Key} was changed");
            }
        }
    }

    private void OnNamespace(string name, NetworkLabels before, NetworkLabels now) => Tell(pod => pod.Namespace == name, (pod, own) =>
        own is null ? default : (NetworkLabels.Choose(own.Value, before), NetworkLabels.Choose(own.Value, now)));

    // A pod that an intent names is where that says, whatever its namespace's labels do.
    private void Tell(Func<Pod, bool> isMeant, Func<Pod, NetworkLabels?, (LabelledNetwork? Before, LabelledNetwork? Now)> choose)
    {
        foreach (var pod in _kernel.Pods.Values.Where(pod => !pod.Ended && isMeant(pod)))
        {
            if (pod.Attachments.RemoveAll(a => a.IsSecondary) is not [{ Phase: AttachmentPhase.Up } attachment] || !(attachment.IsLabelled || attachment.IsInDefaultNetwork))
            {
                continue;
            }

            var (before, now) = choose(pod, _pods.FindLabels(new(pod.Namespace, pod.Name)));
            var has = attachment.IsInDefaultNetwork ? (NetworkId?)null : attachment.Endpoint.Network;
            if (now?.Id != before?.Id && now?.Id != has)
            {
                Unchanged?.Invoke(pod, $"pod {pod.FullName} stays in {Name(has)} until it is started anew: by {(now ?? before)!.Whose} it would be in {Name(now?.Id)} now, as new pods are");
            }
        }
    }

    private static string Name(NetworkId? network) => network is { } id ? $"network {id}" : "the default network";
}
