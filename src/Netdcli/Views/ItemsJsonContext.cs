using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Views;

/// <summary>The JSON of <c>-o json</c> and <c>-o yaml</c>; scripts depend on its names, so golden tests hold them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ClusterItems))]
[JsonSerializable(typeof(ImmutableArray<HostItem>))]
[JsonSerializable(typeof(ImmutableArray<NodeItem>))]
[JsonSerializable(typeof(ImmutableArray<TenantItem>))]
[JsonSerializable(typeof(ImmutableArray<NetworkItem>))]
[JsonSerializable(typeof(ImmutableArray<EndpointItem>))]
[JsonSerializable(typeof(ImmutableArray<GroupItem>))]
[JsonSerializable(typeof(ImmutableArray<PolicyItem>))]
[JsonSerializable(typeof(ImmutableArray<EnforcedPolicy>))]
[JsonSerializable(typeof(PolicyExplanation))]
[JsonSerializable(typeof(ObservedPacket))]
internal sealed partial class ItemsJsonContext : JsonSerializerContext;
