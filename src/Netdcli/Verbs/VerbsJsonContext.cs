using System.Text.Json.Serialization;
using Netdcli.Views;

namespace Netdcli.Verbs;

/// <summary>The JSON of verbs that show something other than resources.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(VersionItem))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ForgottenNodeItem))]
internal sealed partial class VerbsJsonContext : JsonSerializerContext;
