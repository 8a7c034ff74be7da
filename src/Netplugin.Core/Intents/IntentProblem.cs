namespace Netplugin.Core.Intents;

/// <summary>Something wrong (or worth a warning) in an intent file, and where.</summary>
/// <param name="At">Its place in the file.</param>
/// <param name="Message">What is wrong and, where it is not plain, what to do. One sentence without a full stop.</param>
public sealed record IntentProblem(TextPosition At, string Message)
{
    /// <summary><c>line:column: message</c>; put the file's name and a colon before it.</summary>
    public override string ToString() => $"{At}: {Message}";
}
