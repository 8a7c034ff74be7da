using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// What is attached to devices, once and for all: each stub calls the program that the pinned program array has for it, and drops
/// where there is none, but for the uplink's. The descriptors belong to the <see cref="BpfDatapath"/> and close with it; what is attached stays.
/// </summary>
/// <param name="FromPod">For ingress of a pod's host-side device.</param>
/// <param name="ToPod">For egress of a pod's host-side device.</param>
/// <param name="FromOverlay">For ingress of the VXLAN device.</param>
/// <param name="ToOverlay">For egress of the VXLAN device.</param>
/// <param name="FromUnderlay">For ingress of devices that lead to other nodes; lets everything go on where there is no program.</param>
public sealed record StubPrograms(
    SafeFileHandle FromPod, SafeFileHandle ToPod, SafeFileHandle FromOverlay, SafeFileHandle ToOverlay, SafeFileHandle FromUnderlay);
