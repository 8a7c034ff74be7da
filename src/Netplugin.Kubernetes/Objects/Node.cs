using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;

namespace Netplugin.Kubernetes.Objects;

/// <summary>What is used of a Node (core/v1).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels; its zone is one.</param>
/// <param name="PodCidrs">What its pods' addresses are from, one a family; empty until the controller manager gave it some.</param>
/// <param name="Addresses">Its addresses, in the order reported; names are left out.</param>
public sealed record Node(string Name, Labels Labels, ImmutableArray<IpPrefix> PodCidrs, ImmutableArray<NodeAddress> Addresses)
{
    /// <summary>Those of its annotations that are a network's business; others are not kept.</summary>
    public Labels Annotations { get; init; } = Labels.None;

    /// <summary>True: its kubelet reports that pods can be started.</summary>
    public bool IsReady { get; init; }

    /// <summary>The label that says in which zone a node is.</summary>
    public const string ZoneLabel = "topology.kubernetes.io/zone";
}

/// <summary>An address of a node.</summary>
/// <param name="Type"><c>InternalIP</c> or <c>ExternalIP</c>.</param>
/// <param name="Address">The address.</param>
public readonly record struct NodeAddress(string Type, IpAddr Address);
