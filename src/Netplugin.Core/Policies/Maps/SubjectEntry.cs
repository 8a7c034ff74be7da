using Netplugin.Core.Addresses;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>The endpoint behind a device of this node, as the maps have it.</summary>
/// <param name="Device">The device on the host's side.</param>
/// <param name="EndpointNumber">The node's number of the attachment; never given twice.</param>
/// <param name="Tables">Its tables.</param>
public readonly record struct SubjectEntry(IfIndex Device, ulong EndpointNumber, Staged<SubjectTables> Tables);
