using System.Text.Json.Serialization;

namespace Netdcli.Legacy;

/// <summary>The JSON of <c>-oper get</c>: the names of the original's store.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(LegacyEndpoint))]
[JsonSerializable(typeof(LegacyNetwork))]
internal sealed partial class LegacyJsonContext : JsonSerializerContext;
