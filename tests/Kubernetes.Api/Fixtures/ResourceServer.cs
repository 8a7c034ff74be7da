using System.Text.Json.Nodes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Netplugin.Tests.Kubernetes.Api.Fixtures;

/// <summary>A real kube-apiserver with the definitions of <c>deploy/netplugin.yaml</c>, and its role for whoever has <see cref="KubeApiServer.LimitedToken"/>.</summary>
public sealed class ResourceServer : KubeApiServer, IAsyncLifetime
{
    /// <summary>Where definitions are.</summary>
    public const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Rights = "/apis/rbac.authorization.k8s.io/v1/";

    /// <summary>Whether the client found the resources before they were defined.</summary>
    public bool KnewBefore { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        using var client = Client();
        KnewBefore = await client.HasAsync(Resource.Tenants);
        var stream = new YamlStream();
        stream.Load(new StringReader(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "deploy", "netplugin.yaml"))));
        var objects = stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>().ToLookup(node => node["kind"].ToString());
        foreach (var definition in objects["CustomResourceDefinition"])
        {
            await CreateAsync(Definitions, Json(definition)!.ToJsonString());
        }

        await CreateAsync(Rights + "clusterroles", Json(objects["ClusterRole"].Single())!.ToJsonString());
        await CreateAsync(Rights + "clusterrolebindings", """
            {"metadata":{"name":"limited"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"netplugin"},
            "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"limited"}]}
            """);

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
