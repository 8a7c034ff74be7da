using CsCheck;

namespace Netplugin.Tests.Support;

/// <summary>Texts that something happened to, for tests of what reads them.</summary>
public static class Damage
{
    private const int LongestOverwritten = 8;

    /// <summary>A text with pieces put somewhere into it, each over some characters or none.</summary>
    /// <param name="texts">The texts as they should be.</param>
    /// <param name="pieces">What is put into them: structure is what damage should hit, so these are the form's own characters and parts of it.</param>
    /// <param name="most">How many pieces at most; one at least.</param>
    public static Gen<string> Of(string[] texts, string[] pieces, int most) => Gen.Select(
            Gen.OneOf(texts), Gen.Select(Gen.Int[0, texts.Max(text => text.Length)], Gen.OneOf(pieces), Gen.Int[0, LongestOverwritten]).Array[1, most])
        .Select((text, changes) =>
        {
            foreach (var (at, piece, over) in changes)
            {
                var start = at % (text.Length + 1);
                text = text[..start] + piece + text[Math.Min(text.Length, start + over)..];
            }

            return text;
        });
}
