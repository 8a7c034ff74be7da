using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Netdcli;

namespace KubectlNetplugin.Verbs;

/// <summary>The commands' root: what <c>kubectl netplugin --help</c> shows.</summary>
internal static class RootVerb
{
    /// <summary>The commands' names.</summary>
    public static ImmutableArray<string> Names { get; } = ["pods", "networks", "status", "version"];

    /// <summary>Makes the tree of commands.</summary>
    /// <param name="terminal">Streams and environment.</param>
    /// <param name="shared">The options of all of them.</param>
    public static RootCommand Create(Terminal terminal, SharedOptions shared)
    {
        var root = new RootCommand("Shows netplugin's networks beside Kubernetes' pods and nodes.")
        {
            PodsVerb.Create(terminal, shared),
            NetworksVerb.Create(terminal, shared),
            StatusVerb.Create(terminal, shared),
            Version(terminal),
        };
        foreach (var option in shared.All)
        {
            root.Options.Add(option);
        }

        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Directives.Clear();
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show help and examples";
        help.Action = new Teaching((HelpAction)help.Action!);
        return root;
    }

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
