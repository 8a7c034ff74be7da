using System.Collections.Immutable;
using System.CommandLine;
using Netdcli.Access;

namespace Netdcli.Verbs;

/// <summary>The verbs' root: what <c>netdcli --help</c> shows.</summary>
internal static class RootVerb
{
    /// <summary>The verbs' names, to tell a verb from the original's positional.</summary>
    public static ImmutableArray<string> Names { get; } =
        ["get", "diff", "status", "validate", "policy", "observe", "node", "store", "dump", "completion", "version"];

    /// <summary>Makes the tree of verbs.</summary>
    /// <param name="terminal">Streams and environment.</param>
    /// <param name="session">Leads to store and daemon.</param>
    /// <param name="store">The options that say which store.</param>
    public static RootCommand Create(Terminal terminal, Session session, StoreSelection store) => VerbTree.Finish(
        new RootCommand("Posts, changes, shows and explains the network's intent and its live state.")
        {
            GetVerb.Create(terminal, session, store),
            DiffVerb.Create(terminal, session, store),
            StatusVerb.Create(terminal, session, store),
            ValidateVerb.Create(terminal),
            PolicyVerb.Create(terminal, session, store),
            ObserveVerb.Create(terminal, session, store),
            NodeVerb.Create(terminal, session, store),
            StoreVerb.Create(terminal, session, store),
            DumpVerb.Create(terminal, session, store),
            CompletionVerb.Create(terminal),
            VersionVerb.Create(terminal),
        },
        store.All, Teaching.Root, Teaching.Of);
}
