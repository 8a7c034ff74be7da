using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Netplugin.Tests.Shape;

/// <summary>The ways to install netplugin say the same.</summary>
public sealed partial class DeployTests
{
    private const string Chart = "deploy/chart";
    private static readonly string Template = Repository.Read($"{Chart}/templates/netplugin.yaml");

    [Fact]
    public void The_chart_with_its_own_values_is_the_manifest() => Assert.Equal(
        Documents(Repository.Read("deploy/netplugin.yaml")),
        Documents(Repository.Read($"{Chart}/crds/netplugin.yaml")).Concat(Documents(ChartRenderer.Render(Template, Values()))));

    [Fact]
    public void The_chart_with_an_etcd_of_ones_own_brings_none()
    {
        YamlMappingNode values = Values();
        ((YamlScalarNode)values["etcd"]["bundled"]).Value = "false";
        ((YamlScalarNode)values["etcd"]["endpoints"]).Value = "https://etcd.example.org:2379";
        ((YamlScalarNode)values["kubernetesService"]["host"]).Value = "192.0.2.1";
        string rendered = string.Join('\n', Documents(ChartRenderer.Render(Template, values)));
        Assert.DoesNotContain("StatefulSet", rendered, StringComparison.Ordinal);
        Assert.DoesNotContain("kind=Secret\n", rendered, StringComparison.Ordinal);
        Assert.Contains("etcd-endpoints=https://etcd.example.org:2379", rendered, StringComparison.Ordinal);
        Assert.Contains("kubernetes-service-host=192.0.2.1", rendered, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_value_is_used_and_has_a_place_in_the_schema()
    {
        using JsonDocument schema = JsonDocument.Parse(Repository.Read($"{Chart}/values.schema.json"));
        Check(Values(), schema.RootElement, "");

        static void Check(YamlMappingNode values, JsonElement schema, string prefix)
        {
            JsonElement properties = schema.GetProperty("properties");
            foreach (var (key, value) in values.Children)
            {
                string path = prefix + key;
                Assert.True(properties.TryGetProperty(key.ToString(), out JsonElement known), $"{path} is not in the schema");
                if (value is YamlMappingNode inner && known.TryGetProperty("properties", out _))
                {
                    Check(inner, known, path + ".");
                }
                else
                {
                    Assert.Contains($".Values.{path} ", Template, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void All_name_the_version_that_is_built()
    {
        string version = Version().Match(Repository.Read("Directory.Build.props")).Groups[1].Value;
        string[] named =
        [
            .. from file in (string[])["deploy/netplugin.yaml", "deploy/cleanup.yaml", $"{Chart}/values.yaml", $"{Chart}/Chart.yaml"]
               from Match match in Named().Matches(Repository.Read(file))
               select match.Groups[1].Value,
        ];
        Assert.True(named.Length >= 8);
        Assert.All(named, name => Assert.Equal(version, name));
    }

    private static YamlMappingNode Values() => (YamlMappingNode)Load(Repository.Read($"{Chart}/values.yaml"))[0];

    /// <summary>Each document as its leaves, a line each.</summary>
    private static IEnumerable<string> Documents(string yaml) => Load(yaml).Select(document => string.Join('\n', Leaves(document, "")));

    private static YamlNode[] Load(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(document => document.RootNode).Where(node => node is YamlMappingNode)];
    }

    private static IEnumerable<string> Leaves(YamlNode node, string path) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(pair => Leaves(pair.Value, path.Length == 0 ? $"{pair.Key}" : $"{path}.{pair.Key}")),
        YamlSequenceNode list => list.Children.SelectMany((item, at) => Leaves(item, $"{path}[{at}]")),
        _ => [$"{path}={node}"],
    };

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex Version();

    [GeneratedRegex(@"(?:image: \S+?:|tag: |^version: |appVersion: )(\d\S*)$", RegexOptions.Multiline)]
    private static partial Regex Named();
}
