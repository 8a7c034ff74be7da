namespace Netdcli.Output;

/// <summary>One column of a table over items of type <typeparamref name="T"/>.</summary>
/// <param name="Title">The heading, in capitals.</param>
/// <param name="Text">The cell; an empty one is shown as <c>-</c> so that every row has every column.</param>
/// <param name="WideOnly">Shown by <c>-o wide</c> only.</param>
/// <param name="Tone">The cell's colour on a terminal; null = plain.</param>
internal sealed record Column<T>(string Title, Func<T, string> Text, bool WideOnly = false, Func<T, Tone>? Tone = null);

/// <summary>What a coloured cell says.</summary>
internal enum Tone
{
    /// <summary>Nothing special.</summary>
    Plain,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Worth a look.</summary>
    Warning,

    /// <summary>Broken.</summary>
    Bad,
}
