using System.CommandLine;
using Netdcli.Access;

namespace Netdcli.Verbs;

/// <summary><c>netdcli store accept-reset</c>: says that a wiped or restored store is the truth.</summary>
internal static class StoreVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var accept = new Command("accept-reset", "Let nodes follow a store that was wiped or restored");
        accept.SetAction(async (parsed, cancellationToken) =>
        {
            await using var cluster = session.OpenCluster(store.Choose(parsed, session));
            var identity = await cluster.AcceptResetAsync(cancellationToken);
            terminal.Out.Write(FormattableString.Invariant($"accepted: generation {identity.Generation} of cluster {identity.ClusterId}; nodes go on when they read it\n"));
            return ExitCode.Ok;
        });
        return new("store", "Look after the cluster's store") { accept };
    }
}
