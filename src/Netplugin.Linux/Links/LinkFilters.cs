using System.Runtime.InteropServices;

namespace Netplugin.Linux.Links;

/// <summary>The programs of a device's clsact hooks: loaded programs of type <c>BPF_PROG_TYPE_SCHED_CLS</c>, run in direct-action mode.</summary>
/// <param name="Ingress">Sees what enters the node through the device: from a pod, or from the tunnel.</param>
/// <param name="Egress">Sees what the node sends into the device.</param>
public sealed record LinkFilters(SafeHandle Ingress, SafeHandle Egress);
