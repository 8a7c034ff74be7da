using Netplugin.Core.Model;

namespace Netplugin.Agent.Resolve;

/// <summary>An endpoint a container name leads to, as read from the store.</summary>
/// <param name="Record">The endpoint.</param>
/// <param name="Revision">Revision of its record, to bind it by.</param>
/// <param name="Network">Its network.</param>
internal sealed record EndpointCandidate(EndpointRecord Record, long Revision, NetworkRecord Network);
