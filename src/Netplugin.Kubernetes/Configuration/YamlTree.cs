using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Netplugin.Kubernetes.Configuration;

/// <summary>A YAML document (or a JSON one, which is YAML too) as nested dictionaries, lists and texts.</summary>
internal static class YamlTree
{
    // A kubeconfig has four levels; the limit keeps a file of brackets from ending the process.
    private const int MaxDepth = 32;

    /// <summary>Reads the first document of a text; null when there is none.</summary>
    /// <exception cref="YamlException">No YAML, an alias, or too deep.</exception>
    public static object? Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            return null;
        }

        return ReadNode(parser, 0);
    }

    private static object? ReadNode(Parser parser, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException("too deep");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return scalar is { Style: ScalarStyle.Plain, Value: "" or "null" or "~" } ? null : scalar.Value;
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(ReadNode(parser, depth + 1));
            }

            return list;
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var map = new Dictionary<string, object?>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                map[key.Value] = ReadNode(parser, depth + 1);
            }

            return map;
        }

        // An alias can make a small file endless.
        throw new YamlException(parser.Current?.Start ?? Mark.Empty, parser.Current?.End ?? Mark.Empty, "not a value");
    }
}
