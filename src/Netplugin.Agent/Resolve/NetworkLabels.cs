using Netplugin.Core.Collections;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Resolve;

/// <summary>The labels of a pod or a namespace by which pods have a network; null: there is no such label.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Network">The network.</param>
/// <param name="Group">The group of pods within the network.</param>
internal readonly record struct NetworkLabels(string? Tenant, string? Network, string? Group)
{
    /// <summary>Label of the tenant.</summary>
    public const string TenantKey = "io.contiv.tenant";

    /// <summary>Label of the network.</summary>
    public const string NetworkKey = "io.contiv.network";

    /// <summary>Label of the group.</summary>
    public const string GroupKey = "io.contiv.net-group";

    /// <summary>The network that a tenant's pods have when the labels name none.</summary>
    public const string DefaultNetwork = "default-net";

    /// <summary>Those of an object's labels.</summary>
    public static NetworkLabels Of(Labels labels) => new(labels[TenantKey], labels[NetworkKey], labels[GroupKey]);

    /// <summary>True when they name a network: with a group alone they do not.</summary>
    public bool NameNetwork => Tenant is not null || Network is not null;

    /// <summary>Which network a pod has by labels; null: by none. Pure.</summary>
    /// <param name="own">The pod's labels. Where they name a network the namespace's are not looked at: nobody's network is of two hands.</param>
    /// <param name="ofNamespace">Its namespace's.</param>
    public static LabelledNetwork? Choose(NetworkLabels own, NetworkLabels ofNamespace)
    {
        if (own.NameNetwork)
        {
            return Choose(own, "pod", isOfPod: true);
        }

        return ofNamespace.NameNetwork ? Choose(ofNamespace with { Group = own.Group ?? ofNamespace.Group }, "namespace", isOfPod: false) : null;
    }

    private static LabelledNetwork Choose(NetworkLabels labels, string whose, bool isOfPod)
    {
        var id = new NetworkId(labels.Tenant ?? NetworkId.DefaultTenant, labels.Network ?? DefaultNetwork);
        var problem = NameRules.Check($"the {whose}'s label {TenantKey}", id.Tenant, NameRules.Longest)
            ?? NameRules.Check($"the {whose}'s label {NetworkKey}", id.Network, NameRules.Longest)
            ?? (string.IsNullOrEmpty(labels.Group) ? null : NameRules.Check($"the label {GroupKey}", labels.Group, NameRules.Longest));
        return new(id, labels.Group ?? "", isOfPod, problem);
    }
}

/// <summary>What a pod has by labels.</summary>
/// <param name="Id">The network.</param>
/// <param name="Group">Its group within the network; empty when it has none.</param>
/// <param name="IsOfPod">True: the pod's own labels name it. False: its namespace's.</param>
/// <param name="Problem">What is wrong with the labels, for the operator; null when nothing is.</param>
internal sealed record LabelledNetwork(NetworkId Id, string Group, bool IsOfPod, string? Problem = null)
{
    /// <summary>Whose labels name it.</summary>
    public string Whose => IsOfPod ? "its labels" : "the labels of its namespace";
}
