namespace Netdcli.Output;

/// <summary>The value of <c>-o</c>.</summary>
internal enum OutputFormat
{
    /// <summary>Columns for a person.</summary>
    Table,

    /// <summary>The same with all columns.</summary>
    Wide,

    /// <summary>JSON, two spaces deep.</summary>
    Json,

    /// <summary>YAML with the fields of the JSON form.</summary>
    Yaml,
}
