using System.CommandLine;
using Netdcli.Output;

namespace Netdcli.Verbs;

/// <summary>The option <c>-o</c>.</summary>
internal static class FormatOption
{
    /// <summary>Makes the option with the formats a verb has.</summary>
    public static Option<string> Create(params string[] formats)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = "Output format",
            HelpName = string.Join('|', formats),
            DefaultValueFactory = _ => formats[0],
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    /// <summary>The format asked for.</summary>
    public static OutputFormat Format(this ParseResult parsed, Option<string> option) => parsed.GetValue(option) switch
    {
        "wide" => OutputFormat.Wide,
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        _ => OutputFormat.Table,
    };
}
