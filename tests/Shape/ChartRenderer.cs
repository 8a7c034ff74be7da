using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Netplugin.Tests.Shape;

/// <summary>
/// As much of Helm's templates as the chart uses, so that it can be rendered where there is no Helm: comments, values with or without <c>quote</c>,
/// <c>toYaml | nindent</c>, and <c>if</c> to <c>end</c>, each alone on its line.
/// </summary>
internal static partial class ChartRenderer
{
    public static string Render(string template, YamlMappingNode values)
    {
        var output = new List<string>();
        var shown = new Stack<bool>([true]);
        foreach (string line in Comment().Replace(template, "").Split('\n'))
        {
            if (If().Match(line) is { Success: true } begin)
            {
                shown.Push(shown.Peek() && IsSet(Find(values, begin.Groups["path"].Value)));
            }
            else if (End().IsMatch(line))
            {
                shown.Pop();
            }
            else if (shown.Peek())
            {
                output.Add(Value(line, values));
            }
        }

        return shown.Count == 1 ? string.Join('\n', output) : throw new FormatException("an if has no end");
    }

    private static string Value(string line, YamlMappingNode values)
    {
        if (ToYaml().Match(line) is { Success: true } block)
        {
            string indent = new(' ', int.Parse(block.Groups["indent"].Value, System.Globalization.CultureInfo.InvariantCulture));
            return string.Join('\n', Lines(Find(values, block.Groups["path"].Value)).Select(text => indent + text));
        }

        string rendered = Plain().Replace(line, found =>
        {
            string text = ((YamlScalarNode)Find(values, found.Groups["path"].Value)).Value!;
            return found.Groups["quote"].Success ? $"\"{text}\"" : text;
        });
        return rendered.Contains("{{", StringComparison.Ordinal) ? throw new FormatException($"the renderer does not know: {line}") : rendered;
    }

    private static YamlNode Find(YamlNode values, string path) => path.Split('.').Aggregate(values, (node, name) => node[name]);

    private static bool IsSet(YamlNode node) => node switch
    {
        YamlScalarNode { Value: "" or "false" } => false,
        YamlSequenceNode list => list.Children.Count > 0,
        YamlMappingNode map => map.Children.Count > 0,
        _ => true,
    };

    private static IEnumerable<string> Lines(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(pair => pair.Value is YamlScalarNode scalar
            ? [$"{pair.Key}: \"{scalar.Value}\""]
            : Lines(pair.Value).Select(text => "  " + text).Prepend($"{pair.Key}:")),
        YamlSequenceNode list => list.Children.SelectMany(item => Lines(item).Select((text, at) => (at == 0 ? "- " : "  ") + text)),
        _ => [$"\"{node}\""],
    };

    [GeneratedRegex(@"\{\{- /\*.*?\*/ -\}\}\n", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*\{\{- if \.Values\.(?<path>[\w.]+) \}\}$")]
    private static partial Regex If();

    [GeneratedRegex(@"^\s*\{\{- end \}\}$")]
    private static partial Regex End();

    [GeneratedRegex(@"^\s*\{\{- toYaml \.Values\.(?<path>[\w.]+) \| nindent (?<indent>\d+) \}\}$")]
    private static partial Regex ToYaml();

    [GeneratedRegex(@"\{\{ \.Values\.(?<path>[\w.]+)(?<quote> \| quote)? \}\}")]
    private static partial Regex Plain();
}
