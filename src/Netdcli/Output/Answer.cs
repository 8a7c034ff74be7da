using System.Text.Json.Serialization.Metadata;

namespace Netdcli.Output;

/// <summary>What a command answers with: a table for people, or a document for scripts.</summary>
internal static class Answer
{
    /// <summary>Writes it; true when it was a table.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="format">How.</param>
    /// <param name="document">All of it, for JSON and YAML.</param>
    /// <param name="type">How that is written.</param>
    /// <param name="columns">The table's columns.</param>
    /// <param name="rows">The table's rows.</param>
    public static bool Write<TDocument, TRow>(
        Terminal terminal, OutputFormat format, TDocument document, JsonTypeInfo<TDocument> type, IReadOnlyList<Column<TRow>> columns, IReadOnlyList<TRow> rows)
    {
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            DocumentWriter.Write(terminal.Out, format, document, type);
            return false;
        }

        TableWriter.Write(terminal.Out, terminal.Colour, format == OutputFormat.Wide, columns, rows);
        return true;
    }
}
