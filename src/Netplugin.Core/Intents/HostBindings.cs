using System.Collections.Immutable;

namespace Netplugin.Core.Intents;

/// <summary>What a host-bindings file says.</summary>
/// <param name="Bindings">The bindings in the file's order; a container is named once.</param>
public sealed record HostBindings(ImmutableArray<HostBinding> Bindings);

/// <summary>An entry of a host-bindings file: every endpoint of that container name, in any network, goes to that host.</summary>
/// <param name="Container">The container (pod) name.</param>
/// <param name="Host">The host label; empty unbinds.</param>
/// <param name="AttachUuid">The container to attach instead; empty clears what was set.</param>
public sealed record HostBinding(Located<string> Container, Located<string> Host, string AttachUuid);
