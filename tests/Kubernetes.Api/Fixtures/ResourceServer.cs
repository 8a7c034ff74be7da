using System.Text.Json.Nodes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Netplugin.Tests.Kubernetes.Api.Fixtures;

/// <summary>A real kube-apiserver with the definitions of <c>deploy/netplugin.yaml</c>.</summary>
public sealed class ResourceServer : KubeApiServer, IAsyncLifetime
{
    /// <summary>Where definitions are.</summary>
    public const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    /// <summary>Whether the client found the resources before they were defined.</summary>
    public bool KnewBefore { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        using var client = Client();
        KnewBefore = await client.HasAsync(Resource.Tenants);
        var stream = new YamlStream();
        stream.Load(new StringReader(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "deploy", "netplugin.yaml"))));
        foreach (var definition in stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>()
            .Where(node => node["kind"].ToString() == "CustomResourceDefinition"))
        {
            await CreateAsync(Definitions, Json(definition)!.ToJsonString());
        }

        await Eventually.HoldsAsync("the resources to be known", async () => await client.HasAsync(Resource.Tenants) && await client.HasAsync(Resource.Networks));
    }

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(pair.Key.ToString(), Json(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain when plain.Value is "true" or "false" || long.TryParse(plain.Value, out _) => JsonNode.Parse(plain.Value!),
        _ => JsonValue.Create(node.ToString()),
    };
}
