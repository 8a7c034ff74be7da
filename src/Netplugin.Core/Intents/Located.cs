namespace Netplugin.Core.Intents;

/// <summary>A value read from an intent, with its place in the file, so that planning can point at it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="At">Where it was read.</param>
public readonly record struct Located<T>(T Value, TextPosition At);
