using System.Collections.Immutable;
using System.CommandLine;
using System.Reflection;
using Netdcli;
using Netdcli.Verbs;

namespace KubectlNetplugin.Verbs;

/// <summary>The commands' root: what <c>kubectl netplugin --help</c> shows.</summary>
internal static class RootVerb
{
    /// <summary>The commands' names.</summary>
    public static ImmutableArray<string> Names { get; } = ["pods", "networks", "explain", "status", "version"];

    /// <summary>Makes the tree of commands.</summary>
    /// <param name="terminal">Streams and environment.</param>
    /// <param name="shared">The options of all of them.</param>
    public static RootCommand Create(Terminal terminal, SharedOptions shared) => VerbTree.Finish(
        new RootCommand("Shows netplugin's networks beside Kubernetes' pods and nodes.")
        {
            PodsVerb.Create(terminal, shared),
            NetworksVerb.Create(terminal, shared),
            ExplainVerb.Create(terminal, shared),
            StatusVerb.Create(terminal, shared),
            Version(terminal),
        },
        shared.All, Teaching.Root, Teaching.Of);

    private static Command Version(Terminal terminal)
    {
        var command = new Command("version", "Show the plugin's version");
        command.SetAction(_ =>
        {
            var version = typeof(RootVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            terminal.Out.Write($"kubectl-netplugin {version}\n");
            return ExitCode.Ok;
        });
        return command;
    }
}
