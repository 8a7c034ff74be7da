using System.Collections.Immutable;

namespace Netdcli.Lookup;

/// <summary>Insists on exactly one match, in words that old scripts and new operators both understand.</summary>
internal static class OneOf
{
    /// <summary>The one match.</summary>
    /// <param name="kind"><c>endpoint</c> or <c>network</c>.</param>
    /// <param name="name">What was typed.</param>
    /// <param name="tenant">The tenant it was narrowed to; null = all.</param>
    /// <param name="matches">What it may mean.</param>
    /// <param name="fullName">The unambiguous name of a match.</param>
    /// <exception cref="CliException">None (old scripts look for <c>Key not found</c>), or several (they are listed).</exception>
    public static T Require<T>(string kind, string name, string? tenant, ImmutableArray<T> matches, Func<T, string> fullName)
    {
        if (matches.Length == 1)
        {
            return matches[0];
        }

        if (matches.Length == 0)
        {
            throw NotFound(kind, name, tenant);
        }

        var candidates = string.Join(", ", matches.Select(fullName));
        throw new CliException($"{kind} \"{name}\" is ambiguous, it may mean {candidates}: give one of these names, or narrow by -tenant");
    }

    /// <summary>The exception for a name that means nothing.</summary>
    public static CliException NotFound(string kind, string name, string? tenant)
    {
        var where = tenant is null ? "" : $" in tenant \"{tenant}\"";
        return new($"Key not found: no {kind} \"{name}\"{where}; \"netdcli get {kind}s\" lists what there is");
    }
}
